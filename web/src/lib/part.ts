import { type ComponentType, lazy } from 'react';

/** Between two questions whether the server is back, in ms: doubled each time. */
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

const RELOADED = 'muster:reloaded';

const answers = () =>
  fetch('/healthz', { cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  );

async function serverIsBack(): Promise<void> {
  for (let ms = FIRST_MS; !(await answers()); ms = Math.min(2 * ms, LONGEST_MS)) {
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/**
 * Fetches a part of the page. While the server is away, it comes when the server is back. One that the
 * server has no more means that this page is too old: it is loaded anew (drafts are kept), but once at a
 * place: where that does not help either, the error of `load` is thrown.
 */
export async function fetchPart<T>(load: () => Promise<T>): Promise<T> {
  const again = () => serverIsBack().then(load);
  return load()
    .catch(again)
    .catch(async (error: unknown) => {
      if (!(await answers())) return fetchPart(load);
      if (sessionStorage.getItem(RELOADED) === location.href) throw error;
      sessionStorage.setItem(RELOADED, location.href);
      location.reload();
      return new Promise<never>(() => undefined);
    });
}

/** A component that is fetched when it is first shown. */
export const lazyPart = <P>(load: () => Promise<{ default: ComponentType<P> }>) =>
  lazy(() => fetchPart(load));

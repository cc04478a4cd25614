/** How long something that was done can be taken back. */
export const UNDO_MS = 8_000;

/** Each resolves a wait at once: what was asked for is done before the page is gone. */
const waiting = new Set<() => void>();

if (typeof window !== 'undefined') {
  window.addEventListener('pagehide', () => {
    for (const now of [...waiting]) now();
  });
}

export interface Undoable {
  /** false: it was taken back. */
  readonly due: Promise<boolean>;
  undo: () => void;
  now: () => void;
}

/** Waits until it is too late to take something back. */
export function undoable(ms = UNDO_MS): Undoable {
  const { promise: due, resolve } = withResolvers<boolean>();
  const settle = (done: boolean) => {
    clearTimeout(timer);
    waiting.delete(now);
    resolve(done);
  };
  const now = () => settle(true);
  const timer = setTimeout(now, ms);
  waiting.add(now);
  return { due, undo: () => settle(false), now };
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

// @vitest-environment node
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';

const source = readFileSync('scripts/service-worker.js', 'utf8')
  .replace('__VERSION__', 'v1')
  .replace('__FILES__', '["/"]');

type Handler = (event: unknown) => void;

/** The worker, with pages that are open, and a click on a notification. */
async function click(path: unknown, pages: { focused: boolean }[]) {
  const handlers = new Map<string, Handler>();
  const clients = pages.map((page) => ({ ...page, postMessage: vi.fn(), focus: vi.fn() }));
  const openWindow = vi.fn();
  const self = {
    location: { origin: 'https://muster.test' },
    addEventListener: (name: string, handler: Handler) => handlers.set(name, handler),
    clients: { matchAll: () => Promise.resolve(clients), openWindow },
  };
  runInNewContext(source, { self, URL });
  const close = vi.fn();
  let done: unknown;
  handlers.get('notificationclick')?.({
    notification: { close, data: { path } },
    waitUntil: (work: unknown) => (done = work),
  });
  await done;
  expect(close).toHaveBeenCalledOnce();
  return { clients, openWindow };
}

it('leads the page that is open, the focused one first, to what was clicked', async () => {
  const path = '/projects/p1/sessions/s1';
  const { clients, openWindow } = await click(path, [{ focused: false }, { focused: true }]);
  expect(clients[1]?.postMessage).toHaveBeenCalledExactlyOnceWith({ type: 'open', path });
  expect(clients[1]?.focus).toHaveBeenCalledOnce();
  expect(clients[0]?.postMessage).not.toHaveBeenCalled();
  expect(openWindow).not.toHaveBeenCalled();
});

it('opens a page where there is none, and never one of somebody else', async () => {
  const opened = async (path: unknown) => (await click(path, [])).openWindow.mock.calls;
  expect(await opened('/projects/p1/sessions/s1#m4')).toEqual([['/projects/p1/sessions/s1#m4']]);
  expect(await opened('https://other.test/x')).toEqual([['/']]);
  expect(await opened(undefined)).toEqual([['/']]);
});

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { expect, it, vi } from 'vitest';
import { session, withSessions } from '@/test/rows';
import { changeKey } from './pending';
import { updateView } from './store';
import { useOnRows, useRows, useShown } from './use-view';

const client = new QueryClient();
const wrapper = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={client}>{children}</QueryClientProvider>
);
const put = (rev: number, name: string) =>
  updateView(client, (view) => ({
    ...view,
    ...{ epoch: 'e', rev, projects: [withSessions({ name }, session({}))] },
  }));
const nextFrame = () => act(() => new Promise<number>(requestAnimationFrame));

it('one that fails keeps no other from what is new, and its error is reported', async () => {
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  put(1, 'before');
  const failing = vi.fn((_rows: unknown) => undefined);
  renderHook(() => useOnRows(failing), { wrapper });
  const shown = renderHook(() => useRows((rows) => rows[0]?.name), { wrapper });
  expect(failing).toHaveBeenCalledOnce();
  failing.mockImplementation(() => {
    throw new Error('no');
  });
  put(2, 'after');
  await nextFrame();
  expect(failing).toHaveBeenCalledTimes(2);
  expect(reported).toHaveBeenCalledOnce();
  expect(shown.result.current).toBe('after');
});

it('is not told what it has seen', async () => {
  const told = vi.fn();
  put(3, 'same');
  renderHook(() => useOnRows(told), { wrapper });
  updateView(client, (view) => ({ ...view }));
  await nextFrame();
  expect(told).toHaveBeenCalledOnce();
});

/** Asks the server for something that it does not answer until it is told to. */
function ask(variables: object, mutationKey: readonly string[] = changeKey) {
  let answer: () => void = () => undefined;
  const mutationFn = () => new Promise<void>((resolve) => (answer = resolve));
  const done = client
    .getMutationCache()
    .build(client, { mutationKey, mutationFn })
    .execute(variables);
  return { answer: () => answer(), done };
}

it('shows what was asked for until it is answered, and the very same while something else goes on', async () => {
  put(4, 'old');
  const seen = vi.fn();
  const { result } = renderHook(
    () => {
      const shown = useShown((now) => now);
      seen(shown);
      return shown;
    },
    { wrapper },
  );
  const { id } = result.current.rows[0] ?? { id: '' };
  const rename = ask({ pending: { project: id, fields: { name: 'new' } } });
  await nextFrame();
  expect(result.current.rows[0]?.name).toBe('new');
  expect([...result.current.waiting]).toEqual([id]);
  seen.mockClear();
  const other = ask({}, ['prompt']);
  await nextFrame();
  other.answer();
  await other.done;
  await nextFrame();
  expect(seen).not.toHaveBeenCalled();
  rename.answer();
  await rename.done;
  await nextFrame();
  expect(result.current.rows[0]?.name).toBe('old');
  expect(result.current.waiting.size).toBe(0);
});

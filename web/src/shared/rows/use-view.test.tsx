import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { expect, it, vi } from 'vitest';
import { session, withSessions } from '@/test/rows';
import { updateView } from './store';
import { useOnRows, useRows } from './use-view';

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

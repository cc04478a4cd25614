import { QueryClient, QueryClientProvider, useMutation } from '@tanstack/react-query';
import { renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { beforeEach, expect, it, vi } from 'vitest';
import { isSaid, makeMutationCache } from './failures';
import { notify } from './notify';

vi.mock('@/lib/notify', () => ({ notify: { error: vi.fn() } }));

const said = vi.mocked(notify.error);
const refused = () => Promise.reject(new Error('The session is busy.'));
beforeEach(() => said.mockReset());

type Meta = { failed: string | null | ((row: { name: string }) => string) };

async function fail(meta?: Meta): Promise<unknown> {
  const client = new QueryClient({ mutationCache: makeMutationCache() });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const use = () =>
    useMutation({
      ...(meta ? { meta } : {}),
      networkMode: 'always',
      mutationFn: (_row: { name: string }) => refused(),
    });
  const { result, unmount } = renderHook(use, { wrapper });
  const done = result.current.mutateAsync({ name: 'billing' });
  // Who asked may be gone before the answer.
  unmount();
  return done.catch((error: unknown) => error);
}

it.each([
  [{ failed: 'Not moved.' }, 'Not moved. The session is busy.'],
  [
    { failed: ({ name }: { name: string }) => `${name} stays.` },
    'billing stays. The session is busy.',
  ],
  [undefined, 'The session is busy.'],
])('says once what failed, and why', async (meta, text) => {
  const error = await fail(meta);
  expect(said.mock.calls).toEqual([[text]]);
  expect(isSaid(error)).toBe(true);
});

it('leaves to the caller what the caller says', async () => {
  const error = await fail({ failed: null });
  expect(said).not.toHaveBeenCalled();
  expect(isSaid(error)).toBe(false);
});

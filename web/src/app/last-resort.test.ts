import { QueryClient } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { ApiError } from '@/lib/api';
import { makeMutationCache } from '@/lib/failures';
import { notify } from '@/lib/notify';
import { catchTheRest, lastResortText } from './last-resort';

it('says a refusal in its own words, a fault of the page as such, and nothing of what was given up', () => {
  expect(lastResortText(new ApiError(409, 'X', 'The session is busy.'))).toBe(
    'The session is busy.',
  );
  expect(lastResortText(new TypeError('x is undefined.'))).toMatch(
    /^Something on this page went wrong: x is undefined\. .*reload/,
  );
  expect(lastResortText('?')).toMatch(/Something went wrong\./);
  expect(lastResortText(new DOMException('aborted', 'AbortError'))).toBeNull();
});

it('catches what is rejected or thrown outside of everything, and leaves out what was said', async () => {
  const said = vi.spyOn(notify, 'error').mockReturnValue(undefined);
  catchTheRest();
  const rejected = (reason: unknown) =>
    window.dispatchEvent(Object.assign(new Event('unhandledrejection'), { reason }));
  rejected(new ApiError(507, 'STORE_FULL', 'The disk is full.'));
  window.dispatchEvent(new ErrorEvent('error', { error: new TypeError('x is undefined.') }));
  expect(said.mock.calls.map(([text]) => text)).toEqual([
    'The disk is full.',
    expect.stringContaining('x is undefined.'),
  ]);
  const client = new QueryClient({ mutationCache: makeMutationCache() });
  const failure = new ApiError(409, 'SESSION_BUSY', 'The session is working.');
  const mutation = client.getMutationCache().build(client, {
    meta: { failed: 'Not moved.' },
    networkMode: 'always',
    mutationFn: () => Promise.reject(failure),
  });
  await mutation.execute(undefined).catch(rejected);
  expect(said.mock.calls.slice(2)).toEqual([['Not moved. The session is working.']]);
});

import { expect, it } from 'vitest';
import { ApiError } from '@/lib/api';
import { lastResortText } from './last-resort';

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

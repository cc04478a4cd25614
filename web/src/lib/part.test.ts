import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fetchPart } from './part';

const gone = new TypeError('Failed to fetch dynamically imported module');
const answer = vi.fn<() => Promise<Response>>();

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', answer);
  sessionStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  answer.mockReset();
});

it('is fetched once where nothing is wrong, and nobody is asked', async () => {
  const load = vi.fn(async () => 'part');
  await expect(fetchPart(load)).resolves.toBe('part');
  expect(load).toHaveBeenCalledTimes(1);
  expect(answer).not.toHaveBeenCalled();
});

it('waits for a server that is away, however often, and comes when it is back', async () => {
  const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(gone).mockResolvedValue('part');
  answer.mockRejectedValueOnce(gone).mockRejectedValueOnce(gone).mockResolvedValue(new Response());
  const part = fetchPart(load);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(load).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  await expect(part).resolves.toBe('part');
});

it('waits again where the server goes away between two tries', async () => {
  const load = vi
    .fn<() => Promise<string>>()
    .mockRejectedValueOnce(gone)
    .mockRejectedValueOnce(gone)
    .mockRejectedValueOnce(gone)
    .mockResolvedValue('part');
  answer.mockResolvedValueOnce(new Response()).mockRejectedValueOnce(gone);
  answer.mockResolvedValue(new Response());
  await expect(fetchPart(load)).resolves.toBe('part');
});

it('fails where the server answers, has it not, and the page was loaded anew here already', async () => {
  sessionStorage.setItem('muster:reloaded', location.href);
  answer.mockResolvedValue(new Response());
  const load = vi.fn<() => Promise<string>>().mockRejectedValue(gone);
  await expect(fetchPart(load)).rejects.toBe(gone);
  expect(load).toHaveBeenCalledTimes(2);
});

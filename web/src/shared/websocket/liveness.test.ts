import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SILENT_AFTER_WAKE_MS, SILENT_MS, watchLiveness } from './liveness';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('is patient at every tick, and asks early when the clock has jumped', () => {
  const check = vi.fn();
  const stop = watchLiveness(check);
  vi.advanceTimersByTime(5_000);
  expect(check).toHaveBeenLastCalledWith(SILENT_MS);
  vi.setSystemTime(Date.now() + 600_000);
  vi.advanceTimersByTime(5_000);
  expect(check).toHaveBeenLastCalledWith(SILENT_AFTER_WAKE_MS);
  vi.advanceTimersByTime(5_000);
  expect(check).toHaveBeenLastCalledWith(SILENT_MS);
  stop();
  vi.advanceTimersByTime(60_000);
  expect(check).toHaveBeenCalledTimes(3);
});

it('asks early when the page is looked at again, or the network is back', () => {
  const check = vi.fn();
  const stop = watchLiveness(check);
  document.dispatchEvent(new Event('visibilitychange'));
  window.dispatchEvent(new Event('online'));
  expect(check.mock.calls).toEqual([[SILENT_AFTER_WAKE_MS], [SILENT_AFTER_WAKE_MS]]);
  stop();
});

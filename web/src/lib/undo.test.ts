import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UNDO_MS, undoable } from './undo';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('is due after its time, and not before', async () => {
  const { due } = undoable();
  const settled = vi.fn();
  void due.then(settled);
  await vi.advanceTimersByTimeAsync(UNDO_MS - 1);
  expect(settled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(settled).toHaveBeenCalledWith(true);
});

it('is taken back, and then it is too late to be due', async () => {
  const { due, undo } = undoable();
  undo();
  await vi.advanceTimersByTimeAsync(2 * UNDO_MS);
  window.dispatchEvent(new Event('pagehide'));
  await expect(due).resolves.toBe(false);
});

it('is due at once when the page goes away', async () => {
  const { due } = undoable();
  window.dispatchEvent(new Event('pagehide'));
  await expect(due).resolves.toBe(true);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { atNextFrame } from './next-frame';

let visibility: DocumentVisibilityState = 'visible';

function become(state: DocumentVisibilityState): void {
  visibility = state;
  document.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  vi.useFakeTimers();
});
afterEach(() => {
  become('visible');
  vi.useRealTimers();
});

it('runs once a frame, however often it is asked for, and again in the next', () => {
  const [one, other] = [vi.fn(), vi.fn()];
  for (const act of [one, other, one]) atNextFrame(act);
  expect(one).not.toHaveBeenCalled();
  vi.advanceTimersToNextFrame();
  expect(one).toHaveBeenCalledOnce();
  expect(other).toHaveBeenCalledOnce();
  vi.advanceTimersToNextFrame();
  expect(one).toHaveBeenCalledOnce();
  atNextFrame(one);
  vi.advanceTimersToNextFrame();
  expect(one).toHaveBeenCalledTimes(2);
});

it('what is asked for while it runs comes with the next frame', () => {
  const again = vi.fn();
  atNextFrame(() => atNextFrame(again));
  vi.advanceTimersToNextFrame();
  expect(again).not.toHaveBeenCalled();
  vi.advanceTimersToNextFrame();
  expect(again).toHaveBeenCalledOnce();
});

it('needs no frame in a page that nobody sees, nor in one that is hidden before it is drawn', async () => {
  vi.spyOn(window, 'requestAnimationFrame').mockReturnValue(0);
  const act = vi.fn();
  atNextFrame(act);
  become('hidden');
  expect(act).toHaveBeenCalledOnce();
  atNextFrame(act);
  await Promise.resolve();
  expect(act).toHaveBeenCalledTimes(2);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { whenSettled } from './settled';

const frames: FrameRequestCallback[] = [];
const paint = () => frames.splice(0).forEach((frame) => frame(0));

beforeEach(() => {
  vi.useFakeTimers();
  frames.length = 0;
  vi.stubGlobal('requestAnimationFrame', (frame: FrameRequestCallback) => frames.push(frame));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('runs once, after what is on the page is painted', () => {
  const run = vi.fn();
  whenSettled(run);
  paint();
  vi.advanceTimersByTime(100);
  expect(run).not.toHaveBeenCalled();
  paint();
  vi.advanceTimersByTime(0);
  expect(run).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(60_000);
  expect(run).toHaveBeenCalledOnce();
});

it('does not wait for ever where nothing is painted', () => {
  const run = vi.fn();
  whenSettled(run);
  vi.advanceTimersByTime(3_000);
  expect(run).toHaveBeenCalledOnce();
});

it('can be called off', () => {
  const run = vi.fn();
  whenSettled(run)();
  paint();
  paint();
  vi.advanceTimersByTime(60_000);
  expect(run).not.toHaveBeenCalled();
});

import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useSeconds } from './time';

beforeEach(() => vi.useFakeTimers({ now: 10_900 }));
afterEach(() => vi.useRealTimers());

it('ticks when a second begins, whenever one began to look', () => {
  const { result } = renderHook(useSeconds);
  expect(result.current).toBe(10_000);
  act(() => vi.advanceTimersByTime(99));
  expect(result.current).toBe(10_000);
  act(() => vi.advanceTimersByTime(1));
  expect(result.current).toBe(11_000);
  act(() => vi.advanceTimersByTime(3_000));
  expect(result.current).toBe(14_000);
});

it('has no timer while nothing shows a time', () => {
  const all = [renderHook(useSeconds), renderHook(useSeconds)];
  expect(vi.getTimerCount()).toBe(1);
  for (const { unmount } of all) unmount();
  expect(vi.getTimerCount()).toBe(0);
});

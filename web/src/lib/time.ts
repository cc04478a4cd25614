import { useSyncExternalStore } from 'react';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "now", "4m", "2h", "3d", then the date. */
export function relativeTime(iso: string, now: number): string {
  const then = Date.parse(iso);
  const age = now - then;
  if (age < MINUTE) return 'now';
  if (age < HOUR) return `${Math.floor(age / MINUTE)}m`;
  if (age < DAY) return `${Math.floor(age / HOUR)}h`;
  if (age < 7 * DAY) return `${Math.floor(age / DAY)}d`;
  return new Date(then).toLocaleDateString(undefined, { month: 'short', day: 'numeric' });
}

export function clockTime(ms: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** "8s", "1m 05s", "2h 10m" */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

/** One timer for all that shows a time, and none while nothing does. It ticks when a step begins. */
function clock(stepMs: number) {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const read = () => Math.floor(Date.now() / stepMs) * stepMs;
  const wait = () => {
    timer = setTimeout(tick, stepMs - (Date.now() % stepMs));
  };
  const tick = () => {
    wait();
    listeners.forEach((each) => each());
  };
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    if (timer === undefined) wait();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearTimeout(timer);
      timer = undefined;
    };
  };
  return { read, subscribe };
}

const seconds = clock(1_000);
const halfMinutes = clock(30_000);

export const useSeconds = () => useSyncExternalStore(seconds.subscribe, seconds.read);
/** Steps of 30 s, rounded down, so a row is re-rendered only when its text may change. */
export const useNow = () => useSyncExternalStore(halfMinutes.subscribe, halfMinutes.read);

import { useSyncExternalStore } from 'react';
import { storage } from './storage';

export type Theme = 'system' | 'light' | 'dark';

const CHANGED = 'muster:theme';

function read(): Theme {
  const stored = storage.get('theme');
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** public/theme.js applies it, before the first paint and whenever it changes. */
export function setTheme(next: Theme): void {
  storage.set('theme', next === 'system' ? null : next);
  window.dispatchEvent(new Event(CHANGED));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener(CHANGED, listener);
  window.addEventListener('storage', listener);
  return () => {
    window.removeEventListener(CHANGED, listener);
    window.removeEventListener('storage', listener);
  };
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(subscribe, read), setTheme];
}

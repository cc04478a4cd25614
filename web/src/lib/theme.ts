import { useState } from 'react';
import { storage } from './storage';

export type Theme = 'system' | 'light' | 'dark';

/** public/theme.js applies it, before the first paint and whenever it changes. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const stored = storage.get('theme');
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  });
  const choose = (next: Theme) => {
    storage.set('theme', next === 'system' ? null : next);
    setTheme(next);
    window.dispatchEvent(new Event('muster:theme'));
  };
  return [theme, choose];
}

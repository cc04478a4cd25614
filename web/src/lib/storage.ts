const PREFIX = 'muster:';

/** localStorage, where there is one: a browser that refuses it loses comfort, nothing else. */
export const storage = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(PREFIX + key);
    } catch {
      return null;
    }
  },
  /** False: it was not kept (refused, or too large). */
  set(key: string, value: string | null): boolean {
    try {
      if (value === null) localStorage.removeItem(PREFIX + key);
      else localStorage.setItem(PREFIX + key, value);
      return true;
    } catch {
      return false;
    }
  },
  /** What another tab has changed. */
  onChange(listener: (key: string, value: string | null) => void): void {
    window.addEventListener('storage', ({ key, newValue }) => {
      if (key?.startsWith(PREFIX)) listener(key.slice(PREFIX.length), newValue);
    });
  },
};

import { useSyncExternalStore } from 'react';

function subscribe(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  window.addEventListener('focus', listener);
  window.addEventListener('blur', listener);
  return () => {
    document.removeEventListener('visibilitychange', listener);
    window.removeEventListener('focus', listener);
    window.removeEventListener('blur', listener);
  };
}

const isAttended = () => document.visibilityState === 'visible' && document.hasFocus();

/** Somebody looks at it: it is visible, and its window has the focus. */
export function usePageAttended(): boolean {
  return useSyncExternalStore(subscribe, isAttended);
}

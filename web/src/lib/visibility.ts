import { useSyncExternalStore } from 'react';

function subscribe(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}

function subscribeFocus(listener: () => void): () => void {
  const stop = subscribe(listener);
  window.addEventListener('focus', listener);
  window.addEventListener('blur', listener);
  return () => {
    stop();
    window.removeEventListener('focus', listener);
    window.removeEventListener('blur', listener);
  };
}

const isVisible = () => document.visibilityState === 'visible';

export function usePageVisible(): boolean {
  return useSyncExternalStore(subscribe, isVisible);
}

/** Somebody looks at it: it is visible, and its window has the focus. */
export function usePageAttended(): boolean {
  return useSyncExternalStore(subscribeFocus, () => isVisible() && document.hasFocus());
}

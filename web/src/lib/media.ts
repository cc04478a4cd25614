import { useSyncExternalStore } from 'react';

const phone = '(max-width: 767px)';
const touch = '(hover: none) and (pointer: coarse)';

function subscribe(listener: () => void): () => void {
  const query = matchMedia(phone);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

/** Too narrow for the sidebar beside the page. */
export function useIsPhone(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(phone).matches);
}

/** How much larger than usual the browser is set to show text. */
export function textScale(): number {
  return (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) / 16;
}

/** Typed on the screen itself, where Enter is the only way to a new line. */
export function isTouch(): boolean {
  return matchMedia(touch).matches;
}

import { type RefObject, useEffect, useRef } from 'react';
import { useLocation } from 'react-router';

/**
 * Whoever goes to another page is there with the focus, too: in what the page itself has chosen (the
 * composer), else on its heading.
 */
export function useArrival(page: RefObject<HTMLElement | null>): void {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    const frame = requestAnimationFrame(() => {
      const main = page.current;
      if (!main || main.contains(document.activeElement) || isInDialog()) return;
      const heading = main.querySelector<HTMLElement>('h1');
      heading?.setAttribute('tabindex', '-1');
      (heading ?? main).focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [pathname, page]);
}

function isInDialog(): boolean {
  return document.activeElement?.closest('[role=dialog]') !== null;
}

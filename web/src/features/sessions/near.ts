/** How far out of sight something is put on the page already. */
const MARGIN = '1500px 0px';

export interface NearWatch {
  /** Calls once, when the element comes near to what is in sight of its scroller. */
  watch: (element: Element, onNear: () => void) => () => void;
}

/** One observer for all that waits inside one scroller; it is made by the first. */
export function nearWatch(): NearWatch {
  const waiting = new Map<Element, () => void>();
  let observer: IntersectionObserver | undefined;
  const look = (entries: readonly IntersectionObserverEntry[]) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      waiting.get(target)?.();
    }
  };
  const watch: NearWatch['watch'] = (element, onNear) => {
    const root = element.closest('[role=log]');
    observer ??= new IntersectionObserver(look, { root, rootMargin: MARGIN });
    waiting.set(element, onNear);
    observer.observe(element);
    return () => {
      waiting.delete(element);
      observer?.unobserve(element);
      if (waiting.size > 0) return;
      observer?.disconnect();
      observer = undefined;
    };
  };
  return { watch };
}

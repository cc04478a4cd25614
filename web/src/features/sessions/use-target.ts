import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { Group } from './rows';
import type { ScrollPlace } from './scroll-place';
import type { Target } from './target';

const TOP_PX = 16;

/** The record that is wanted: it is put on the page wherever it stands, and shown. */
export function useTarget(place: ScrollPlace) {
  const [target, setTarget] = useState<Target | null>(null);
  const goTo = useCallback((wish: Target) => setTarget(wish), []);
  const clear = useCallback(() => setTarget(null), []);
  const shown = useRef<Target | null>(null);
  // Not only when the wish changes: the record may come on the page a moment later.
  useLayoutEffect(() => {
    const { box } = place;
    if (!box || !target || shown.current === target) return;
    const record = recordOf(place.groups, target.id);
    if (!record) return;
    shown.current = target;
    const [frame, rect] = [box.getBoundingClientRect(), record.getBoundingClientRect()];
    const inside = rect.top >= frame.top && rect.bottom <= frame.bottom;
    // A hit inside the record is shown by who looks for it.
    if (target.why === 'link' || (target.why === 'focus' && !inside))
      place.show(record, rect, target.why === 'link' ? frame.height / 5 : TOP_PX);
    if (target.why !== 'find') record.focus({ preventScroll: true });
  });
  const within = ({ rows }: Group): Target | undefined =>
    target && rows.some(({ message }) => message.id === target.id) ? target : undefined;
  return { target, goTo, clear, within };
}

export function recordOf(groups: Element | null, id: string): HTMLElement | null {
  return groups?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`) ?? null;
}

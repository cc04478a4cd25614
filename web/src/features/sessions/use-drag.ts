import { type PointerEvent, useEffect, useState } from 'react';
import { dropIndex } from './reorder';

interface Drag {
  id: string;
  /** From 0. */
  to: number;
}

/** So near to an end of the list it scrolls. */
const EDGE_PX = 16;

/**
 * Rows of a list, dragged by a handle with any pointer. `drag` is where the row would land; Escape, or
 * a pointer that is lost, leaves everything as it was. The list may change meanwhile: it is the row
 * that is dragged, not its place. Keys are the handle's own matter.
 */
export function useDrag(onMove: (id: string, to: number) => void) {
  const [drag, setDrag] = useState<Drag | null>(null);
  const dragging = drag !== null;
  useEffect(() => {
    if (!dragging) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      setDrag(null);
    };
    window.addEventListener('keydown', onKeyDown, { capture: true });
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true });
  }, [dragging]);
  const handle = (id: string, index: number) => ({
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setDrag({ id, to: index });
    },
    onPointerMove: ({ currentTarget, clientY }: PointerEvent<HTMLElement>) => {
      const list = currentTarget.closest('ol');
      if (drag?.id !== id || !list) return;
      scrollAtEdge(list, clientY);
      const boxes = [...list.children].map((row) => row.getBoundingClientRect());
      const to = dropIndex(boxes, clientY, index);
      if (to !== drag.to) setDrag({ id, to });
    },
    onPointerUp: () => {
      if (drag?.id === id && drag.to !== index) onMove(id, drag.to);
      setDrag(null);
    },
    onLostPointerCapture: () => setDrag(null),
  });
  return { drag, handle };
}

function scrollAtEdge(list: HTMLElement, y: number): void {
  const { top, bottom } = list.getBoundingClientRect();
  if (y < top + EDGE_PX) list.scrollTop -= EDGE_PX / 2;
  if (y > bottom - EDGE_PX) list.scrollTop += EDGE_PX / 2;
}

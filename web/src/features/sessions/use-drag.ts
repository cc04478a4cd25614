import { type PointerEvent, useEffect, useState } from 'react';
import { dropIndex } from './reorder';

interface Drag {
  from: number;
  to: number;
}

/**
 * Rows of a list, dragged by a handle with any pointer. `drag` is where it would land; Escape, or a
 * pointer that is lost, leaves everything as it was. Keys are the handle's own matter.
 */
export function useDrag(onMove: (from: number, to: number) => void) {
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
  const handle = (index: number) => ({
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      setDrag({ from: index, to: index });
    },
    onPointerMove: ({ currentTarget, clientY }: PointerEvent<HTMLElement>) => {
      if (drag === null) return;
      const rows = [...(currentTarget.closest('ol, ul')?.children ?? [])];
      const boxes = rows.map((row) => row.getBoundingClientRect());
      const to = dropIndex(boxes, clientY, drag.from);
      if (to !== drag.to) setDrag({ ...drag, to });
    },
    onPointerUp: () => {
      if (drag && drag.to !== drag.from) onMove(drag.from, drag.to);
      setDrag(null);
    },
    onLostPointerCapture: () => setDrag(null),
  });
  return { drag, handle };
}

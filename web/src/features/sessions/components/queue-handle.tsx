import { GripVertical } from 'lucide-react';
import { type KeyboardEvent, useLayoutEffect, useRef } from 'react';
import { keyPlace } from '../reorder';
import type { useDrag } from '../use-drag';

interface Props {
  place: number;
  count: number;
  busy: boolean;
  drag: ReturnType<ReturnType<typeof useDrag>['handle']>;
  onMove: (place: number) => void;
}

/** What a queued prompt is dragged by; with the focus on it, the arrows move it. */
export function QueueHandle({ place, count, busy, drag, onMove }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const moved = useRef(false);
  useLayoutEffect(() => {
    // A row that goes elsewhere in the page loses the focus on its way.
    if (moved.current) button.current?.focus();
    moved.current = false;
  }, [place]);
  const onKeyDown = (event: KeyboardEvent) => {
    const to = keyPlace(event.key, place, count);
    if (to === null) return;
    event.preventDefault();
    if (busy || to === place) return;
    moved.current = true;
    onMove(to);
  };
  const label = `Move prompt ${place} of ${count}: drag it, or press the up or down arrow`;
  return (
    <button
      ref={button}
      type="button"
      {...drag}
      aria-label={label}
      title="Drag to reorder"
      aria-disabled={busy}
      onKeyDown={onKeyDown}
      className="-ml-1.5 inline-flex size-6 shrink-0 cursor-grab touch-none items-center justify-center rounded-md text-ink-3 hover:bg-hover hover:text-ink active:cursor-grabbing max-sm:hidden"
    >
      <GripVertical aria-hidden className="size-3.5" />
    </button>
  );
}

import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react';
import { textScale } from '@/lib/media';
import { storage } from '@/lib/storage';

const KEY = 'sidebar-width';
const MIN = 220;
const MAX = 560;
const USUAL = 288;
const STEP = 16;

const bounded = (width: number) => Math.round(Math.min(MAX, Math.max(MIN, width)));

/** The sidebar beside the page, as wide as one wants it. */
export function SidePanel({ children }: { children: ReactNode }) {
  const [width, setWidth] = useState(() => bounded(Number(storage.get(KEY)) || USUAL));
  const resize = (next: number) => {
    storage.set(KEY, String(bounded(next)));
    setWidth(bounded(next));
  };
  return (
    <aside
      style={{ width: `${width / 16}rem` }}
      className="relative max-w-[50vw] shrink-0 border-r border-line bg-side"
      data-testid="side-panel"
    >
      {children}
      <Handle width={width} onResize={resize} />
    </aside>
  );
}

function Handle({ width, onResize }: { width: number; onResize: (width: number) => void }) {
  const onKeyDown = (event: KeyboardEvent) => {
    const to = { ArrowLeft: width - STEP, ArrowRight: width + STEP, Home: MIN, End: MAX }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    onResize(to);
  };
  const onPointerMove = (event: PointerEvent) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId))
      onResize(event.clientX / textScale());
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the sidebar"
      aria-valuemin={MIN}
      aria-valuemax={MAX}
      aria-valuenow={width}
      title="Drag to resize; double-click for the usual width"
      onKeyDown={onKeyDown}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={onPointerMove}
      onDoubleClick={() => onResize(USUAL)}
      className="absolute inset-y-0 -right-1 z-10 w-2 cursor-col-resize touch-none transition-colors hover:bg-accent/40 focus-visible:bg-accent/60 active:bg-accent/60"
    />
  );
}

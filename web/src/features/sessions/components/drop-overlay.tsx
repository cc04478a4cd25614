import { Ban, ImagePlus } from 'lucide-react';
import { createPortal } from 'react-dom';

/** While files hang above the page: what becomes of them. */
export function DropOverlay({ refused }: { refused: string | null }) {
  const Icon = refused === null ? ImagePlus : Ban;
  return createPortal(
    <div
      data-testid="drop-overlay"
      className="pointer-events-none fixed inset-0 z-40 flex items-center justify-center bg-canvas/80 p-4"
    >
      <p className="flex items-center gap-2.5 rounded-xl border-2 border-dashed border-accent bg-raised px-8 py-6 text-[0.9375rem] font-medium shadow-float">
        <Icon aria-hidden className="size-5 text-ink-3" />
        {refused ?? 'Drop images to add them to the message'}
      </p>
    </div>,
    document.body,
  );
}

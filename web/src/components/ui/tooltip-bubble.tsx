import { autoUpdate, flip, offset, shift, useFloating } from '@floating-ui/react-dom';
import { type ComponentProps, useState } from 'react';
import { createPortal } from 'react-dom';

interface Props extends ComponentProps<'div'> {
  anchor: HTMLElement;
  side: 'top' | 'right' | 'bottom' | 'left';
}

const middleware = [offset(6), flip(), shift({ padding: 8 })];

/** The tooltip's box, beside its anchor. */
export default function TooltipBubble({ anchor, side, ...rest }: Props) {
  const [floating, setFloating] = useState<HTMLElement | null>(null);
  const { floatingStyles } = useFloating({
    strategy: 'fixed',
    placement: side,
    middleware,
    elements: { reference: anchor, floating },
    whileElementsMounted: autoUpdate,
  });
  return createPortal(
    <div
      ref={setFloating}
      role="tooltip"
      style={floatingStyles}
      className="z-50 max-h-60 max-w-[min(20rem,calc(100vw-1rem))] overflow-y-auto rounded-lg border border-line-strong bg-raised px-2.5 py-1.5 text-xs wrap-anywhere whitespace-pre-wrap text-ink shadow-float"
      {...rest}
    />,
    document.body,
  );
}

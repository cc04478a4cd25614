import * as Primitive from '@radix-ui/react-dialog';
import { type ComponentProps, useState } from 'react';

interface Props extends ComponentProps<typeof Primitive.Content> {
  /** Called when the dialog is gone and the focus is back. */
  onGone?: (() => void) | undefined;
}

/** Gives the focus back to where it was when the dialog was opened. */
export function DialogPanel({ onGone, ...rest }: Props) {
  const [before] = useState(() => document.activeElement);
  const onCloseAutoFocus = (event: Event) => {
    event.preventDefault();
    if (before instanceof HTMLElement) before.focus();
    onGone?.();
  };
  return <Primitive.Content onCloseAutoFocus={onCloseAutoFocus} {...rest} />;
}

export const dialogOverlay = 'fixed inset-0 z-40 bg-black/35 dark:bg-black/60';

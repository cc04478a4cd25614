import * as Primitive from '@radix-ui/react-tooltip';
import type { ReactNode } from 'react';

interface Props {
  text: ReactNode;
  children: ReactNode;
  side?: 'top' | 'right' | 'bottom' | 'left';
}

/** What else there is to say of the child, on hover and on focus. */
export function Tooltip({ text, children, side = 'top' }: Props) {
  return (
    <Primitive.Root>
      <Primitive.Trigger asChild>{children}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-h-60 max-w-80 animate-rise overflow-y-auto rounded-lg border border-line-strong bg-raised px-2.5 py-1.5 text-xs wrap-anywhere whitespace-pre-wrap text-ink shadow-float"
        >
          {text}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

export const TooltipProvider = Primitive.Provider;

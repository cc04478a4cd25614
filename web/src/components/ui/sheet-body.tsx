import * as Primitive from '@radix-ui/react-dialog';
import type { ReactNode } from 'react';

export interface SheetProps {
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
}

/** A sheet that is open. */
export default function SheetBody({ onOpenChange, title, children }: SheetProps) {
  return (
    <Primitive.Root open onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-30 bg-black/35 dark:bg-black/60" />
        <Primitive.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-30 w-[min(22rem,90vw)] border-r border-line bg-side shadow-float focus:outline-none"
        >
          <Primitive.Title className="sr-only">{title}</Primitive.Title>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

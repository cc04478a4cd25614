import * as Primitive from '@radix-ui/react-dialog';
import type { ReactNode } from 'react';
import { cn } from '@/lib/cn';
import { dialogOverlay, DialogPanel } from './dialog-panel';

export interface DialogProps {
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  /** For what needs room: code, pictures. */
  wide?: boolean;
  children: ReactNode;
}

const sizes = {
  narrow: 'top-[18vh] max-h-[70vh] w-[min(30rem,calc(100vw-2rem))]',
  wide: 'top-[5vh] max-h-[90vh] w-[min(60rem,calc(100vw-2rem))]',
};

/** A dialog that is open; its maker takes it away. */
export default function DialogBody(props: DialogProps) {
  const { onOpenChange, title, description, wide = false, children } = props;
  return (
    <Primitive.Root open onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className={dialogOverlay} />
        <DialogPanel
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={cn(
            'fixed inset-x-0 z-50 mx-auto animate-rise overflow-y-auto rounded-xl border border-line-strong bg-raised p-5 shadow-float focus:outline-none',
            sizes[wide ? 'wide' : 'narrow'],
          )}
        >
          <Primitive.Title className="text-[0.9375rem] font-semibold">{title}</Primitive.Title>
          {description && (
            <Primitive.Description asChild>
              <div className="mt-1.5 text-ui wrap-anywhere text-ink-2">{description}</div>
            </Primitive.Description>
          )}
          {children}
        </DialogPanel>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

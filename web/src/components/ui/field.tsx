import { type ComponentProps, useId } from 'react';
import { cn } from '@/lib/cn';

interface Props extends ComponentProps<'input'> {
  label: string;
  hint?: string;
  error?: string | null;
}

export function Field({ label, hint, error, className, ...rest }: Props) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div>
      <label htmlFor={id} className="text-ui font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        className={cn(
          'mt-1 h-9 w-full rounded-md border bg-canvas px-2.5 text-sm placeholder:text-ink-3',
          error ? 'border-danger' : 'border-line-strong',
          className,
        )}
        {...rest}
      />
      {note && (
        <p
          id={`${id}-note`}
          role={error ? 'alert' : undefined}
          className={cn('mt-1 text-xs wrap-anywhere', error ? 'text-danger' : 'text-ink-3')}
        >
          {note}
        </p>
      )}
    </div>
  );
}

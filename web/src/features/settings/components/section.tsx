import { type ReactNode, useId } from 'react';

interface Props {
  title: string;
  intro?: ReactNode;
  /** Beside the title. */
  action?: ReactNode;
  children: ReactNode;
}

/** A part of the settings, under its heading. */
export function SettingsSection({ title, intro, action, children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-3">
        <h2 id={id} className="text-[0.9375rem] font-semibold">
          {title}
        </h2>
        {action}
      </div>
      {intro && <div className="mt-1 max-w-prose text-ui text-ink-2">{intro}</div>}
      {children}
    </section>
  );
}

/** While something is fetched, and why it did not come. */
export function Fetching({ error, onRetry }: { error: string | null; onRetry: () => void }) {
  if (!error) {
    return (
      <p role="status" className="mt-4 text-ui text-ink-3">
        Loading…
      </p>
    );
  }
  return (
    <p role="alert" className="mt-4 text-ui text-danger">
      {error}{' '}
      <button type="button" onClick={onRetry} className="rounded underline underline-offset-2">
        Try again
      </button>
    </p>
  );
}

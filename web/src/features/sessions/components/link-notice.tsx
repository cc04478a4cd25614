import { LoaderCircle } from 'lucide-react';
import { Button } from '@/components/ui/button';
import type { LinkState } from '../use-permalink';

/** What became of the message that the address names, while it is not on the screen. */
export function LinkNotice({ link: { state, reason, again, dismiss } }: { link: LinkState }) {
  if (state === 'none') return null;
  return (
    <div
      role="status"
      className="absolute inset-x-4 top-3 z-10 mx-auto flex w-fit max-w-full items-center gap-2 rounded-lg border border-line-strong bg-raised px-3 py-1.5 text-ui text-ink-2 shadow-float"
    >
      {state === 'looking' && (
        <>
          <LoaderCircle aria-hidden className="size-3.5 shrink-0 animate-spin" />
          Looking for the message that this link names…
        </>
      )}
      {state === 'missing' && (
        <>
          <span>The message that this link names is not in this session.</span>
          <Button size="sm" look="ghost" onClick={dismiss}>
            Dismiss
          </Button>
        </>
      )}
      {state === 'failed' && (
        <>
          <span className="text-danger">The message of this link did not load. {reason}</span>
          <Button size="sm" onClick={again}>
            Try again
          </Button>
        </>
      )}
    </div>
  );
}

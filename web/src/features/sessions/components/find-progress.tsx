import { Button } from '@/components/ui/button';
import type { useFindHits } from '../use-find-hits';

const n = (count: number) => count.toLocaleString('en');

/** How much of the session was looked through, where that is not all of it. */
export function FindProgress({ found }: { found: ReturnType<typeof useFindHits> }) {
  const { loading, cut, reason, searched, total, again } = found;
  if (!loading && !cut && reason === '') return null;
  return (
    <div data-testid="find-progress" className="px-2 pt-0.5 pb-1 text-xs text-ink-3">
      {loading && (
        <>
          <p className="tabular-nums">
            Searched {n(searched)} of {n(total)} messages
          </p>
          <progress
            aria-label="Messages searched"
            value={searched}
            max={total}
            className="mt-1 block h-1 w-full overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
          />
        </>
      )}
      {cut && <p>Only the newest {n(searched)} messages were searched.</p>}
      {reason !== '' && (
        <div role="alert" className="flex items-center gap-2">
          <span className="min-w-0 grow">
            Searched {n(searched)} of {n(total)} messages; the rest did not load. {reason}
          </span>
          <Button size="sm" onClick={again}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}

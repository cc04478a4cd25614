import { cn } from '@/lib/cn';
import { duration, useSeconds } from '@/lib/time';
import type { SessionResponse } from '@/shared/websocket';
import { quietSince } from '../quiet';
import { Quiet } from './quiet';

/** At the end of the transcript while a turn runs: for how long it has. */
export function WorkingLine({ session }: { session: SessionResponse }) {
  const waiting = session.waiting_for !== null;
  const quiet = quietSince(session);
  const { turn_started_at: started } = session;
  return (
    <p
      data-testid="working-line"
      className="flex flex-wrap items-center gap-x-2 pt-4 text-ui text-ink-3"
    >
      <span
        aria-hidden
        className={cn('size-2 rounded-full', waiting ? 'bg-waiting' : 'animate-breathe bg-working')}
      />
      {waiting ? 'Waiting for your answer' : 'Working'}
      {started && !waiting && <Elapsed since={started} />}
      {quiet && (
        <span>
          · <Quiet since={quiet} />
        </span>
      )}
    </p>
  );
}

export function Elapsed({ since }: { since: string }) {
  const now = useSeconds();
  return <span className="tabular-nums">{duration(now - Date.parse(since))}</span>;
}

import { CloudOff } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '@/components/ui/button';
import { type KnownSession, type LastKnown, lastKnown } from '../last-known';

interface Props {
  /** Why there is nothing newer. */
  reason: string;
  onRetry: () => void;
  /** Shown where nothing was kept. */
  children: ReactNode;
}

/** The list as it was, while muster is away: for reading, and never to be taken for what is now. */
export default function LastKnownPage({ reason, onRetry, children }: Props) {
  const [known, setKnown] = useState<LastKnown | null | undefined>(undefined);
  useEffect(() => {
    let current = true;
    void lastKnown.read().then((value) => current && setKnown(value));
    return () => {
      current = false;
    };
  }, []);
  if (known === undefined) return null;
  if (known === null) return children;
  return (
    <main data-testid="last-known" className="flex h-full flex-col bg-canvas">
      <div
        role="status"
        className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line bg-waiting-soft px-4 py-2.5 pt-[max(0.625rem,env(safe-area-inset-top))] text-waiting"
      >
        <CloudOff aria-hidden className="size-5 shrink-0" />
        <div className="min-w-0 grow basis-60">
          <h1 className="font-semibold">Last verified {whenOf(known.at)}, not connected</h1>
          <p className="text-ui">
            {reason} This is what was known then, not what is now. It goes on by itself as soon as
            muster answers.
          </p>
        </div>
        <Button onClick={onRetry}>Retry now</Button>
      </div>
      <div className="min-h-0 grow overflow-y-auto">
        <ul
          aria-label={`Sessions as they were ${whenOf(known.at)}`}
          className="mx-auto w-full max-w-2xl p-4 pb-[max(2rem,env(safe-area-inset-bottom))] text-ui text-ink-3 grayscale"
        >
          {known.projects.map((project) => (
            <li key={project.id} className="mb-4">
              <h2 className="font-semibold">{project.name}</h2>
              <ul className="mt-1 border-l border-dashed border-line-strong pl-3">
                {project.sessions.map((session) => (
                  <Row key={session.id} session={session} />
                ))}
                {project.sessions.length === 0 && <li className="py-1">No sessions</li>}
              </ul>
            </li>
          ))}
        </ul>
      </div>
    </main>
  );
}

const was = { working: 'was working', error: 'had an error', waiting: 'needed you', idle: null };

function Row({ session }: { session: KnownSession }) {
  const word = was[session.state];
  return (
    <li data-testid="last-known-row" className="flex items-baseline gap-3 py-1">
      <span className="min-w-0 grow truncate">{session.name}</span>
      {word && <span className="shrink-0 text-xs italic">{word}</span>}
    </li>
  );
}

/** "14:03", and the day where it is another. */
function whenOf(ms: number): string {
  const at = new Date(ms);
  const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
  const today = at.toDateString() === new Date().toDateString();
  return today ? time : `${at.toLocaleDateString()} ${time}`;
}

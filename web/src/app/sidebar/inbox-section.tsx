import { ChevronRight } from 'lucide-react';
import { Suspense, useRef, useState } from 'react';
import { InboxLine } from '@/features/inbox/components/inbox-line';
import { useInbox } from '@/features/inbox/queries';
import { headlineOf } from '@/features/sessions/permissions';
import { useAgentName } from '@/features/sessions/use-agent-name';
import { cn } from '@/lib/cn';
import { lazyPart } from '@/lib/part';
import { storage } from '@/lib/storage';
import { Limits } from '@/shared/websocket';
import { type OpenRequest, useOpenRequests } from './use-open-requests';

const RequestCard = lazyPart(async () => ({
  default: (await import('@/features/sessions/components/request-card')).RequestCard,
}));

const FOLDED = 'inbox-folded';

/** Everything that waits for a person, answerable here, whatever one is reading. */
export function InboxSection() {
  // While nothing waits, no change of a row is of interest here.
  return useInbox().length > 0 && <Waiting />;
}

function Waiting() {
  const open = useOpenRequests();
  const [folded, setFolded] = useState(() => storage.get(FOLDED) === 'yes');
  const [opened, setOpened] = useState<{ key: string; next: string | undefined } | null>(null);
  const place = useRef<HTMLHeadingElement>(null);
  if (open.length === 0) return null;
  const fold = () => {
    storage.set(FOLDED, folded ? null : 'yes');
    setFolded(!folded);
  };
  const isHere = (key: string | undefined) => open.some((one) => one.key === key);
  // What was answered stays until the server says so, since it may refuse; then the next one is opened.
  const openKey = isHere(opened?.key) ? opened?.key : isHere(opened?.next) ? opened?.next : null;
  const toggle = (key: string) => setOpened(key === openKey ? null : { key, next: undefined });
  /** Whose focus was in the card goes on from here. */
  const answered = (at: number) => {
    const [one, next] = [open[at], open[at + 1] ?? open[at - 1]];
    if (one) setOpened({ key: one.key, next: next?.key });
    if (place.current?.parentElement?.contains(document.activeElement)) place.current.focus();
  };
  return (
    <section
      aria-label="Needs you"
      data-testid="inbox"
      className="vouched flex max-h-[55%] shrink-0 flex-col border-y border-line bg-waiting-soft/40 px-2 py-1"
    >
      <h2 ref={place} tabIndex={-1} className="shrink-0 outline-none">
        <button
          type="button"
          aria-expanded={!folded}
          onClick={fold}
          className="flex h-7 w-full pointer-coarse:h-11 items-center gap-1.5 rounded-md px-1 text-xs font-medium text-waiting hover:bg-hover"
        >
          <ChevronRight
            aria-hidden
            className={cn('size-3.5 transition-transform', !folded && 'rotate-90')}
          />
          Needs you
          <span data-testid="inbox-count" className="tabular-nums">
            {open.length}
          </span>
        </button>
      </h2>
      {!folded && (
        <ul className="min-h-0 overflow-y-auto">
          {open.map((one, at) => (
            <Line
              key={one.key}
              one={one}
              open={one.key === openKey}
              onToggle={() => toggle(one.key)}
              onAnswer={() => answered(at)}
            />
          ))}
          {open.length >= Limits.INBOX_REQUESTS && (
            <li className="px-1 py-1 text-xs text-ink-3">
              There may be more: the oldest {Limits.INBOX_REQUESTS} are shown.
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

interface LineProps {
  one: OpenRequest;
  open: boolean;
  onToggle: () => void;
  onAnswer: () => void;
}

function Line({ one: { request, session, project }, open, onToggle, onAnswer }: LineProps) {
  const agent = useAgentName(session.agent);
  return (
    <InboxLine
      request={request}
      session={session}
      project={project.name}
      headline={headlineOf(request, agent)}
      open={open}
      onToggle={onToggle}
    >
      <Suspense fallback={null}>
        <RequestCard permission={request} agent={agent} onAnswer={onAnswer} />
      </Suspense>
    </InboxLine>
  );
}

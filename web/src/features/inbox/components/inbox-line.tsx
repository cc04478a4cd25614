import { ChevronRight, SquareArrowOutUpRight } from 'lucide-react';
import { type ReactNode } from 'react';
import { Link } from 'react-router';
import { cn } from '@/lib/cn';
import { relativeTime, useNow } from '@/lib/time';
import type { PermissionRequest, SessionResponse } from '@/shared/websocket';

interface Props {
  request: PermissionRequest;
  session: SessionResponse;
  project: string;
  /** What is asked, in a line. */
  headline: string;
  open: boolean;
  onToggle: () => void;
  /** How it is answered, while it is open. */
  children: ReactNode;
}

/** One request: whose it is, what it asks, since when; opened, it is answered here. */
export function InboxLine(props: Props) {
  const { request, session, project, headline, open, onToggle, children } = props;
  const age = relativeTime(request.created_at, useNow() + 30_000);
  return (
    <li data-testid="inbox-line" data-request-id={request.id} data-session-id={session.id}>
      <div className={cn('relative rounded-md', !open && 'hover:bg-hover')}>
        <button
          type="button"
          aria-expanded={open}
          onClick={onToggle}
          className="flex w-full items-start gap-1 rounded-md py-1 pr-8 pl-1 pointer-coarse:min-h-11 pointer-coarse:pr-12 text-left"
        >
          <ChevronRight
            aria-hidden
            className={cn(
              'mt-0.5 size-3.5 shrink-0 text-ink-3 transition-transform',
              open && 'rotate-90',
            )}
          />
          <span className="min-w-0 grow">
            <span className="flex items-baseline gap-1.5 text-ui">
              <span className="truncate font-medium">{session.name}</span>
              <span className="min-w-8 grow basis-0 truncate text-xs text-ink-3">{project}</span>
              <span className="ml-auto shrink-0 text-tiny text-ink-3 tabular-nums">
                <span className="sr-only">waits since </span>
                {age}
              </span>
            </span>
            {!open && <span className="block truncate text-xs text-ink-2">{headline}</span>}
          </span>
        </button>
        <Link
          to={`/projects/${session.project_id}/sessions/${session.id}`}
          aria-label={`Open the session ${session.name}`}
          title="Open the session"
          className="absolute top-0.5 right-1 grid size-6 pointer-coarse:top-0 pointer-coarse:right-0 pointer-coarse:size-11 place-items-center rounded-md text-ink-3 hover:bg-hover hover:text-ink"
        >
          <SquareArrowOutUpRight aria-hidden className="size-3.5" />
        </Link>
      </div>
      {open && <div className="pt-0.5 pb-1.5">{children}</div>}
    </li>
  );
}

import { memo } from 'react';
import { Link, useNavigate } from 'react-router';
import { cn } from '@/lib/cn';
import { relativeTime, useNow } from '@/lib/time';
import type { SessionResponse } from '@/shared/websocket';
import { badgeOf, isUnread } from '../badge';
import { AgentIcon } from './agent-icon';
import { SessionMenu } from './session-menu';
import { StateBadge } from './state-badge';

interface Props {
  session: SessionResponse;
  /** It is on the screen, so nothing of it is unread. */
  viewed: boolean;
  /** The one row of the list that Tab leads to. */
  tabbable?: boolean;
  /** A change of it is on its way. */
  waiting?: boolean;
  /** The project's name, where the row does not stand under it. */
  project?: string | undefined;
}

/** One session in the sidebar. It renders again only when its row changes. */
export const SessionRow = memo(function SessionRow(props: Props) {
  const { session, viewed, tabbable = true, waiting = false, project } = props;
  const navigate = useNavigate();
  const to = `/projects/${session.project_id}/sessions/${session.id}`;
  const unread = isUnread(session) && !viewed;
  const badge = badgeOf(session);
  const state = [badge?.label, unread && 'unread', waiting && 'not saved yet'].filter(Boolean);
  return (
    <div
      data-testid="session-row"
      data-session-id={session.id}
      data-waiting={waiting || undefined}
      className={cn(
        'group relative flex h-8 pointer-coarse:h-11 items-center gap-2 rounded-md pr-1.5 pl-7 pointer-coarse:pr-0 transition-colors',
        viewed ? 'bg-selected' : 'hover:bg-hover',
        waiting && 'opacity-60',
      )}
    >
      {unread && <UnreadDot />}
      <Link
        to={to}
        data-row-link
        draggable={false}
        tabIndex={tabbable ? 0 : -1}
        aria-current={viewed ? 'page' : undefined}
        aria-label={state.length > 0 ? [session.name, ...state].join(', ') : undefined}
        title={project ? `${session.name} (${project})` : undefined}
        className="flex min-w-0 grow items-center gap-2 rounded-md outline-none after:absolute after:inset-0 after:rounded-md focus-visible:after:outline-2 focus-visible:after:outline-accent"
      >
        <AgentIcon agent={session.agent} className="size-3.5 text-ink-3" />
        <span
          className={cn(
            'truncate text-ui',
            unread || viewed ? 'text-ink' : 'text-ink-2',
            unread && 'font-medium',
          )}
        >
          {session.name}
        </span>
      </Link>
      <StateBadge session={session} tabbable={tabbable} onOpen={() => void navigate(to)} />
      <RowEnd session={session} hasBadge={badge !== null} tabbable={tabbable} />
    </div>
  );
});

interface EndProps {
  session: SessionResponse;
  hasBadge: boolean;
  tabbable: boolean;
}

function RowEnd({ session, hasBadge, tabbable }: EndProps) {
  const age = relativeTime(session.updated_at, useNow() + 30_000);
  return (
    <>
      {!hasBadge && (
        <span className="text-tiny text-ink-3 tabular-nums group-focus-within:hidden group-hover:hidden pointer-coarse:hidden">
          {age}
        </span>
      )}
      <span className="sr-only inline-flex group-focus-within:not-sr-only group-hover:not-sr-only has-aria-expanded:not-sr-only pointer-coarse:not-sr-only">
        <SessionMenu
          session={session}
          tabbable={tabbable}
          className="relative size-6 pointer-coarse:size-11"
        />
      </span>
    </>
  );
}

function UnreadDot() {
  return (
    <span
      data-testid="unread-dot"
      role="img"
      aria-label="Unread"
      className="absolute left-2.5 size-1.5 rounded-full bg-accent"
    />
  );
}

import { memo } from 'react';
import { NavLink, useNavigate } from 'react-router';
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
}

/** One session in the sidebar. It renders again only when its row changes. */
export const SessionRow = memo(function SessionRow({ session, viewed }: Props) {
  const navigate = useNavigate();
  const to = `/projects/${session.project_id}/sessions/${session.id}`;
  const unread = isUnread(session) && !viewed;
  return (
    <li
      data-testid="session-row"
      data-session-id={session.id}
      className={cn(
        'group relative flex h-8 items-center gap-2 rounded-md pr-1.5 pl-7 transition-colors',
        viewed ? 'bg-selected' : 'hover:bg-hover',
      )}
    >
      {unread && <UnreadDot />}
      <NavLink
        to={to}
        className="flex min-w-0 grow items-center gap-2 rounded-md outline-none after:absolute after:inset-0 after:rounded-md focus-visible:after:outline-2 focus-visible:after:outline-accent"
      >
        <AgentIcon agent={session.agent} className="size-3.5 text-ink-3" />
        <span
          className={cn(
            'truncate text-[13px]',
            unread || viewed ? 'text-ink' : 'text-ink-2',
            unread && 'font-medium',
          )}
        >
          {session.name}
        </span>
      </NavLink>
      <StateBadge session={session} onOpen={() => void navigate(to)} />
      <RowEnd session={session} hasBadge={badgeOf(session) !== null} />
    </li>
  );
});

function RowEnd({ session, hasBadge }: { session: SessionResponse; hasBadge: boolean }) {
  const age = relativeTime(session.updated_at, useNow() + 30_000);
  return (
    <>
      {!hasBadge && (
        <span className="text-[11px] text-ink-3 tabular-nums group-focus-within:hidden group-hover:hidden pointer-coarse:hidden">
          {age}
        </span>
      )}
      <span className="sr-only inline-flex group-focus-within:not-sr-only group-hover:not-sr-only has-aria-expanded:not-sr-only pointer-coarse:not-sr-only">
        <SessionMenu session={session} className="relative size-6" />
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

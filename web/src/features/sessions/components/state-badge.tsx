import { Tooltip } from '@/components/ui/tooltip';
import { cn } from '@/lib/cn';
import type { SessionResponse } from '@/shared/websocket';
import { badgeOf } from '../badge';
import { quietSince } from '../quiet';
import { Quiet } from './quiet';

const looks = {
  working: 'bg-working-soft text-working',
  waiting: 'bg-waiting-soft text-waiting',
  error: 'bg-danger-soft text-danger',
};

/** It does not move: every dot that does costs each frame, and forty may be on the screen all day. */
const dot = <span aria-hidden className="size-1.5 rounded-full bg-current" />;

interface Props {
  session: SessionResponse;
  tabbable?: boolean;
  onOpen: () => void;
}

/** In its session's row: what the session is doing, and nothing while it is idle. */
export function StateBadge({ session, tabbable = true, onOpen }: Props) {
  const badge = badgeOf(session);
  if (!badge) return null;
  const quiet = quietSince(session);
  const button = (
    <button
      type="button"
      data-testid="session-state-badge"
      data-state-kind={badge.kind}
      aria-label={`${badge.label}: ${badge.reason}${quiet ? ' It has been quiet for a while.' : ''}`}
      tabIndex={tabbable ? undefined : -1}
      onClick={onOpen}
      className={cn(
        'hit relative inline-flex h-5 shrink-0 items-center gap-1.5 rounded-full px-2 text-tiny font-medium',
        looks[badge.kind],
      )}
    >
      {dot}
      {badge.label}
    </button>
  );
  if (badge.kind === 'working' && !quiet) return button;
  return (
    <Tooltip text={quiet ? <Quiet since={quiet} /> : badge.reason} side="right">
      {button}
    </Tooltip>
  );
}

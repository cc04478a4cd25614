import { CircleStop, Search } from 'lucide-react';
import { Button, IconButton } from '@/components/ui/button';
import { Tooltip } from '@/components/ui/tooltip';
import { cn } from '@/lib/cn';
import { duration, useSeconds } from '@/lib/time';
import type { SessionResponse } from '@/shared/websocket';
import { badgeOf } from '../badge';
import { useCancelTurn } from '../mutations';
import { useAgent } from '../queries';
import { quietSince } from '../quiet';
import { useAgentName } from '../use-agent-name';
import { AgentIcon } from './agent-icon';
import { InlineName } from './inline-name';
import { Quiet } from './quiet';
import { SessionMenu } from './session-menu';
import { SessionOptions } from './session-options';
import { SessionUsage } from './session-usage';

const tones = { working: 'text-working', waiting: 'text-waiting', error: 'text-danger' };

interface Props {
  session: SessionResponse;
  onFind: () => void;
}

export function SessionHeader({ session, onFind }: Props) {
  const cancel = useCancelTurn(session.id);
  const agent = useAgentName(session.agent);
  const known = useAgent(session.agent);
  const quiet = quietSince(session);
  const badge = badgeOf(session);
  const working = session.state === 'working';
  return (
    <>
      <div className="flex min-w-0 grow items-center gap-2">
        <InlineName session={session} />
        <span className="hidden shrink-0 items-center gap-1.5 rounded-full border border-line px-2 py-0.5 text-xs text-ink-2 sm:inline-flex">
          <AgentIcon agent={session.agent} icon={known?.icon} className="size-3" />
          {agent}
        </span>
        <SessionUsage session={session} />
      </div>
      {badge && (
        <Tooltip text={badge.reason} side="bottom">
          <span
            tabIndex={0}
            data-testid="session-header-state"
            className={cn(
              'hidden shrink-0 items-center gap-1.5 rounded-md px-1 text-xs font-medium sm:flex',
              tones[badge.kind],
            )}
          >
            <span
              aria-hidden
              className={cn('size-1.5 rounded-full bg-current', working && 'animate-breathe')}
            />
            {badge.label}
            {working && session.turn_started_at && <Elapsed since={session.turn_started_at} />}
          </span>
        </Tooltip>
      )}
      {quiet && (
        <span
          data-testid="session-quiet"
          className="hidden shrink-0 text-xs whitespace-nowrap text-ink-3 lg:inline"
        >
          <Quiet since={quiet} />
        </span>
      )}
      {working && (
        <Button
          size="sm"
          data-testid="cancel-button"
          className="max-sm:border-transparent"
          disabled={cancel.isPending}
          title="Stops the running turn. What it has done so far stays, and what is queued waits."
          onClick={() => cancel.mutate()}
        >
          <CircleStop className="size-3.5" aria-hidden />
          <span className="max-sm:sr-only">Interrupt</span>
        </Button>
      )}
      <SessionOptions session={session} dialect={known?.dialect} />
      <IconButton
        label="Find in this session"
        aria-keyshortcuts="Control+F Meta+F"
        onClick={onFind}
      >
        <Search aria-hidden className="size-4" />
      </IconButton>
      <SessionMenu session={session} />
    </>
  );
}

function Elapsed({ since }: { since: string }) {
  const now = useSeconds();
  return <span className="tabular-nums opacity-80">{duration(now - Date.parse(since))}</span>;
}

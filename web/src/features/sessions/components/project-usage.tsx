import { Tooltip } from '@/components/ui/tooltip';
import type { SessionResponse } from '@/shared/websocket';
import { sumUsed, usedText } from '../usage';

/** What all sessions of a project used, from the rows that are here anyway. */
export function ProjectUsage({ sessions }: { sessions: readonly SessionResponse[] }) {
  const sum = sumUsed(sessions);
  if (!sum) return null;
  const many = sum.sessions !== 1;
  const text = `What ${sum.sessions} ${many ? 'sessions' : 'session'} used, as far as told.`;
  return (
    <Tooltip text={text} side="bottom">
      <span
        tabIndex={0}
        data-testid="project-usage"
        className="ml-auto hidden shrink-0 rounded-md px-1 text-xs text-ink-3 tabular-nums sm:block"
      >
        {usedText(sum, sum.costKnown)}
      </span>
    </Tooltip>
  );
}

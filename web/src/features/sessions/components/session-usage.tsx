import { Tooltip } from '@/components/ui/tooltip';
import type { SessionResponse } from '@/shared/websocket';
import { dollars, shortCount, usedOf, usedText } from '../usage';

/** What a session used so far, in few characters; more on hover, and in its details. */
export function SessionUsage({ session }: { session: SessionResponse }) {
  const total = usedOf(session.metadata?.usage_total);
  if (!total) return null;
  const last = usedOf(session.metadata?.usage);
  const tokens = (total.input ?? 0) + (total.output ?? 0);
  // An agent that knows no price tells of none, or of 0.
  const short = !total.cost ? `${shortCount(tokens)} tokens` : dollars(total.cost);
  const all = `This session: ${usedText(total)}`;
  return (
    <Tooltip text={last ? `${all}\nLast turn: ${usedText(last)}` : all} side="bottom">
      <span
        tabIndex={0}
        data-testid="session-usage"
        className="hidden shrink-0 rounded-md px-1 text-xs text-ink-3 tabular-nums md:block"
      >
        {short}
      </span>
    </Tooltip>
  );
}

import { Tooltip } from '@/components/ui/tooltip';
import type { MessageResponse } from '@/shared/websocket';
import { turnDetails, turnText } from '../turn-text';
import { turnOf } from '../turns';

/** Under the last record of a turn: how long it took and what it used; more on hover and focus. */
export function TurnLine({ prompt }: { prompt: MessageResponse }) {
  const turn = turnOf(prompt);
  const text = turn ? turnText(turn) : '';
  if (!turn || text === '') return null;
  return (
    <p className="pt-1.5 text-tiny leading-4 text-ink-3 tabular-nums">
      <span className="sr-only">This turn: </span>
      <Tooltip text={turnDetails(turn)} side="bottom">
        <span tabIndex={0} data-testid="turn-line" className="rounded-sm">
          {text}
        </span>
      </Tooltip>
    </p>
  );
}

import { isRecord, textOf } from '@/lib/unknown';
import type { MessageResponse } from '@/shared/websocket';
import { type Used, usedOf } from './usage';

/** How a turn went, from the prompt that began it. */
export interface Turn {
  outcome: 'done' | 'cancelled' | 'error';
  startedAt: string;
  endedAt: string;
  /** null: the times have another form. */
  ms: number | null;
  model: string;
  used: Used | null;
}

/** `metadata.turn` of a prompt; null: its turn runs, began no turn, or is older than such facts. */
export function turnOf({ kind, metadata }: MessageResponse): Turn | null {
  const turn = metadata?.turn;
  if (kind !== 'user' || !isRecord(turn)) return null;
  const [startedAt, endedAt] = [textOf(turn.started_at), textOf(turn.ended_at)];
  const ms = Date.parse(endedAt) - Date.parse(startedAt);
  const { outcome } = turn;
  return {
    outcome: outcome === 'cancelled' || outcome === 'error' ? outcome : 'done',
    ...{ startedAt, endedAt },
    ms: Number.isNaN(ms) || ms < 0 ? null : ms,
    model: textOf(turn.model),
    used: usedOf(turn.usage),
  };
}

/**
 * The last message of each turn that has ended, by id, and the prompt that began it. What an agent
 * says by itself after the end of the turn belongs to no prompt.
 */
export function turnEnds(messages: readonly MessageResponse[]): Map<string, MessageResponse> {
  const ends = new Map<string, MessageResponse>();
  let prompt: MessageResponse | undefined;
  let last: MessageResponse | undefined;
  let until = NaN;
  const close = () => {
    if (prompt && last && isRecord(prompt.metadata?.turn)) ends.set(last.id, prompt);
  };
  for (const message of messages) {
    if (message.kind === 'user') {
      close();
      const turn = message.metadata?.turn;
      prompt = message;
      until = Date.parse(isRecord(turn) ? textOf(turn.ended_at) : '');
      last = message;
    } else if (!(Date.parse(message.created_at) > until)) last = message;
  }
  close();
  return ends;
}

import { recordsOf } from '@/lib/unknown';
import type { MessageResponse } from '@/shared/websocket';
import type { Row } from './rows';

const LINE = 22;
const CODE_LINE = 19;
const GAP = 16;
const CHARS = 95;
const FOLDED = 28;
/** A box of changed lines is no higher. */
const DIFF_MOST = 384;

/** About how high rows will be: it moves the thumb of the scrollbar, and nothing else. */
export function heightOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { message, tight }) => sum + one(message) + (tight ? 4 : GAP), 0);
}

function one({ kind, text, metadata }: MessageResponse): number {
  switch (kind) {
    case 'user':
      return lines(text, CHARS - 20) * LINE + 16;
    case 'text':
      return lines(text, CHARS) * LINE;
    case 'tool':
      return FOLDED + recordsOf(metadata?.diffs).reduce((sum, diff) => sum + diffHeight(diff), 0);
    case 'plan':
      return FOLDED + recordsOf(metadata?.plan).length * LINE;
    case 'error':
      return lines(text, CHARS) * LINE + 40;
    default:
      return FOLDED;
  }
}

function diffHeight({ new: now, patch }: { new?: unknown; patch?: unknown }): number {
  const text = typeof patch === 'string' ? patch : typeof now === 'string' ? now : '';
  const count = lines(text, Infinity);
  return count > 30 ? FOLDED : FOLDED + Math.min(DIFF_MOST, count * CODE_LINE);
}

function lines(text: string, width: number): number {
  let count = 0;
  for (let from = 0; from <= text.length;) {
    const end = text.indexOf('\n', from);
    const until = end === -1 ? text.length : end;
    count += Math.max(1, Math.ceil((until - from) / width));
    from = until + 1;
  }
  return count;
}

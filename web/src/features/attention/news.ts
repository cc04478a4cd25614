import type { Change } from '@/shared/rows/changed';
import { findSession, type Rows } from '@/shared/rows/rows';
import type { SessionResponse } from '@/shared/websocket';

/** What a person who looks elsewhere wants to be told, the most urgent first. */
export const newsKinds = ['needs_you', 'failed', 'finished'] as const;
export type NewsKind = (typeof newsKinds)[number];

export interface News {
  kind: NewsKind;
  /** The row as it was when this happened. */
  session: SessionResponse;
}

/** What of these changes is news; pure. */
export function newsOf(changes: readonly Change[]): News[] {
  return changes.flatMap(({ was, row }) => {
    const kind = kindOf(was, row);
    return kind ? [{ kind, session: row }] : [];
  });
}

function kindOf(was: SessionResponse | undefined, row: SessionResponse): NewsKind | null {
  if (row.archived_at !== null) return null;
  if (row.waiting_for !== null) return isSameWait(was, row) ? null : 'needs_you';
  if (was && isReadSince(was, row)) return null;
  // Between two looks (a frame, a lost connection) a whole turn may have come and gone.
  const went = was !== undefined && (was.state === 'working' || row.last_seq > was.last_seq);
  if (row.state === 'error') return was?.state === 'error' && !went ? null : 'failed';
  // With a prompt in the queue the session goes on: it has not finished.
  return went && row.state === 'idle' && row.queue_length === 0 ? 'finished' : null;
}

/** Somebody has read all of it, here or on another device. */
function isReadSince(was: SessionResponse, row: SessionResponse): boolean {
  return row.read_seq >= row.last_seq && row.read_seq > was.read_seq;
}

function isSameWait(was: SessionResponse | undefined, row: SessionResponse): boolean {
  if (!was || was.waiting_for === null) return false;
  return was.waiting_since === row.waiting_since;
}

/** Whether it is still so, and nobody has read it since. */
export function holds({ kind, session }: News, rows: Rows): boolean {
  const row = findSession(rows, session.id);
  if (!row || row.archived_at !== null) return false;
  if (isReadSince(session, row)) return false;
  if (kind === 'needs_you')
    return row.waiting_for !== null && row.waiting_since === session.waiting_since;
  if (kind === 'failed') return row.state === 'error';
  return row.state === 'idle' && row.queue_length === 0;
}

/** Of each session only its newest news. */
export function addNews(old: readonly News[], fresh: readonly News[]): News[] {
  const ids = new Set(fresh.map(({ session }) => session.id));
  return [...old.filter(({ session }) => !ids.has(session.id)), ...fresh];
}

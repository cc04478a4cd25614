import { changedSessions } from '@/shared/rows/changed';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import { badgeOf } from './badge';

type Rows = readonly ProjectWithSessions[];

/** More than this at once are counted, not read out. */
const SPOKEN = 3;

/** What changed between two lists, in words for a screen reader: only states, of known sessions. */
export function announcements(before: Rows, after: Rows, growing = false): string[] {
  const said = changedSessions(before, after, growing).flatMap(({ was, row }) =>
    was ? sentence(was, row) : [],
  );
  if (said.length <= SPOKEN) return said;
  return [...said.slice(0, SPOKEN), `and ${said.length - SPOKEN} more sessions changed`];
}

function sentence(was: SessionResponse, is: SessionResponse): string[] {
  const [from, to] = [badgeOf(was), badgeOf(is)];
  if (from?.kind === to?.kind) return [];
  if (to?.kind === 'error') return [`${is.name}: error. ${to.reason}`];
  if (to) return [`${is.name}: ${to.label}`];
  return [`${is.name}: finished`];
}

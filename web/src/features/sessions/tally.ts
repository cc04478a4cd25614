import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import { badgeOf, isUnread } from './badge';

/** What one can ask the list for. */
export const filterKinds = ['working', 'waiting', 'error', 'unread'] as const;
export type FilterKind = (typeof filterKinds)[number];

/** How many sessions are there of each kind; archived ones do not count. */
export type Tally = Readonly<Record<FilterKind, number>>;

export function isOfKind(session: SessionResponse, kind: FilterKind): boolean {
  return kind === 'unread' ? isUnread(session) : badgeOf(session)?.kind === kind;
}

const counted = new WeakMap<readonly SessionResponse[], Tally>();

/** Counted once for each list of sessions: a change in one project counts that one again. */
export function tallyOf({ sessions }: Pick<ProjectWithSessions, 'sessions'>): Tally {
  const known = counted.get(sessions);
  if (known) return known;
  const tally = { working: 0, waiting: 0, error: 0, unread: 0 };
  for (const session of sessions) {
    if (session.archived_at) continue;
    const kind = badgeOf(session)?.kind;
    if (kind) tally[kind] += 1;
    if (isUnread(session)) tally.unread += 1;
  }
  counted.set(sessions, tally);
  return tally;
}

export function tallyAll(projects: readonly ProjectWithSessions[]): Tally {
  const sum = { working: 0, waiting: 0, error: 0, unread: 0 };
  for (const project of projects) {
    if (project.archived_at) continue;
    const tally = tallyOf(project);
    for (const kind of filterKinds) sum[kind] += tally[kind];
  }
  return sum;
}

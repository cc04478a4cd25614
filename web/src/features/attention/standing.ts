import type { Rows } from '@/shared/rows/rows';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import type { Level } from './settings';

export const icons = ['needs_you', 'failed', 'done', 'working', 'idle'] as const;
export type Icon = (typeof icons)[number];

/** What the tab says of all sessions: how many want to be looked at, and the most urgent state. */
export interface Standing {
  count: number;
  icon: Icon | 'unverified';
}

/** The same where the server cannot vouch for it: an icon in the background is not to say "working". */
export const unverified = ({ count }: Standing): Standing => ({ count, icon: 'unverified' });

/** `watched`: the session that is being looked at, which asks for no more attention. */
export function standingOf(
  rows: Rows,
  watched: string | null,
  levelOf: (id: string) => Level,
): Standing {
  let count = 0;
  let urgent: Icon = 'idle';
  for (const project of rows) {
    const { asking, working } = partOf(project);
    if (working) urgent = moreUrgent(urgent, 'working');
    for (const { id, icon } of asking) {
      if (id === watched || !mayAsk(levelOf(id), icon)) continue;
      count += 1;
      urgent = moreUrgent(urgent, icon);
    }
  }
  return { count, icon: urgent };
}

export function isAnyWorking(rows: Rows): boolean {
  return rows.some((project) => partOf(project).working);
}

const moreUrgent = (a: Icon, b: Icon) => (icons.indexOf(a) <= icons.indexOf(b) ? a : b);

interface Part {
  asking: { id: string; icon: Icon }[];
  working: boolean;
}

/** A project that did not change is not looked through again. */
const parts = new WeakMap<ProjectWithSessions, Part>();

function partOf(project: ProjectWithSessions): Part {
  const known = parts.get(project);
  if (known) return known;
  const part: Part = { asking: [], working: false };
  for (const session of project.archived_at === null ? project.sessions : []) {
    const icon = iconOf(session);
    if (icon === 'working') part.working = true;
    else if (icon !== 'idle') part.asking.push({ id: session.id, icon });
  }
  parts.set(project, part);
  return part;
}

function iconOf(session: SessionResponse): Icon {
  if (session.archived_at !== null) return 'idle';
  if (session.waiting_for !== null) return 'needs_you';
  if (session.state === 'working') return 'working';
  if (session.last_seq <= session.read_seq) return 'idle';
  return session.state === 'error' ? 'failed' : 'done';
}

function mayAsk(level: Level, icon: Icon): boolean {
  return level !== 'none' && (level !== 'needs_you' || icon === 'needs_you');
}

import type { Rows } from '@/shared/rows/rows';
import type { SessionResponse } from '@/shared/websocket';
import type { Level } from './settings';

export const icons = ['needs_you', 'failed', 'done', 'working', 'idle'] as const;
export type Icon = (typeof icons)[number];

/** What the tab says of all sessions: how many want to be looked at, and the most urgent state. */
export interface Standing {
  count: number;
  icon: Icon;
}

/** `watched`: the session that is being looked at, which asks for no more attention. */
export function standingOf(
  rows: Rows,
  watched: string | null,
  levelOf: (id: string) => Level,
): Standing {
  let count = 0;
  let urgent = icons.length - 1;
  for (const project of rows) {
    if (project.archived_at !== null) continue;
    for (const session of project.sessions) {
      const icon = iconOf(session);
      if (icon === 'idle') continue;
      if (icon !== 'working') {
        if (session.id === watched || !mayAsk(levelOf(session.id), icon)) continue;
        count += 1;
      }
      urgent = Math.min(urgent, icons.indexOf(icon));
    }
  }
  return { count, icon: icons[urgent] ?? 'idle' };
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

import { kept } from '@/lib/kept';
import { countOf, isRecord, recordsOf, textOf } from '@/lib/unknown';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';

/** More rows than this are not kept: the newest changed are. */
export const KEPT_ROWS = 2_000;

const KEY = 'last-known';

export type KnownState = 'working' | 'error' | 'waiting' | 'idle';

export interface KnownSession {
  id: string;
  name: string;
  state: KnownState;
}

export interface KnownProject {
  id: string;
  name: string;
  sessions: KnownSession[];
}

/** The list as it was when it was last verified (ms). */
export interface LastKnown {
  at: number;
  projects: KnownProject[];
}

export function knownOf(projects: readonly ProjectWithSessions[], at: number): LastKnown {
  const shown = projects.filter((project) => !project.archived_at);
  const all = shown.flatMap((project) => project.sessions.filter((row) => !row.archived_at));
  const keep =
    all.length <= KEPT_ROWS
      ? null
      : new Set(all.toSorted((a, b) => (a.updated_at < b.updated_at ? 1 : -1)).slice(0, KEPT_ROWS));
  const sessionsOf = (project: ProjectWithSessions) =>
    project.sessions
      .filter((row) => !row.archived_at && (keep?.has(row) ?? true))
      .toSorted((a, b) => b.position - a.position)
      .map((row) => ({ id: row.id, name: row.name, state: stateOf(row) }));
  return {
    at,
    projects: shown.map((row) => ({ id: row.id, name: row.name, sessions: sessionsOf(row) })),
  };
}

function stateOf({ waiting_for, state }: SessionResponse): KnownState {
  return waiting_for ? 'waiting' : state;
}

/** What an older page kept is read member by member. */
export function readKnown(value: unknown): LastKnown | null {
  if (!isRecord(value)) return null;
  const at = countOf(value.at);
  if (at === null) return null;
  const projects = recordsOf(value.projects).map((project) => ({
    id: textOf(project.id),
    name: textOf(project.name),
    sessions: recordsOf(project.sessions).map((session) => ({
      id: textOf(session.id),
      name: textOf(session.name),
      state: knownState(session.state),
    })),
  }));
  return { at, projects };
}

function knownState(value: unknown): KnownState {
  return value === 'working' || value === 'error' || value === 'waiting' ? value : 'idle';
}

export const lastKnown = {
  read: async () => readKnown(await kept.get(KEY)),
  write: (value: LastKnown) => kept.set(KEY, value),
  /** At a sign-out, and when the server does not know this browser any more. */
  forget: () => kept.clear(),
};

import type {
  ProjectResponse,
  ProjectWithSessions,
  SessionResponse,
} from '@/shared/websocket/generated';
import type { Rows } from './rows';

type Placed = Pick<ProjectResponse, 'id' | 'position' | 'pinned_at' | 'archived_at'>;

/**
 * The newest list of the same shape: what stands where, and what is pinned or archived, is the same in
 * both. A list that is shown is laid out from its shape, so that no change of a state lays it out anew.
 */
const shapes = new WeakMap<Rows, Rows>();

export function shapeOf(rows: Rows): Rows {
  return shapes.get(rows) ?? rows;
}

/** `after` came from `before` by the change of one row; says so where that changed no shape. */
export function keepShape(before: Rows, after: Rows, old: Placed, row: Placed): Rows {
  const same =
    old.position === row.position &&
    old.pinned_at === row.pinned_at &&
    old.archived_at === row.archived_at;
  if (same) shapes.set(after, shapeOf(before));
  return after;
}

/** By hand, the highest place first; where it says nothing, the newest first. */
export function bySession(a: SessionResponse, b: SessionResponse): number {
  return b.position - a.position || newest(a, b);
}

function newest(a: SessionResponse, b: SessionResponse): number {
  if (a.created_at === b.created_at) return a.id < b.id ? 1 : -1;
  return a.created_at < b.created_at ? 1 : -1;
}

/** Pinned ones first, then by hand; where that says nothing, the oldest first. */
export function byProject(a: ProjectResponse, b: ProjectResponse): number {
  const pinned = Number(Boolean(b.pinned_at)) - Number(Boolean(a.pinned_at));
  return pinned || a.position - b.position || oldest(a, b);
}

function oldest(a: ProjectResponse, b: ProjectResponse): number {
  if (a.created_at === b.created_at) return a.id < b.id ? -1 : 1;
  return a.created_at < b.created_at ? -1 : 1;
}

/** In the order of pinning: a new pin moves none. */
export function byPin(a: SessionResponse, b: SessionResponse): number {
  return (a.pinned_at ?? '').localeCompare(b.pinned_at ?? '') || bySession(a, b);
}

const shown = new WeakMap<readonly SessionResponse[], SessionResponse[]>();

/** What a project shows under itself, in order: pinned sessions stand above, archived ones are away. */
export function shownSessions({ sessions }: ProjectWithSessions): readonly SessionResponse[] {
  let list = shown.get(sessions);
  if (!list) {
    list = sessions.filter((row) => !row.pinned_at && !row.archived_at).sort(bySession);
    shown.set(sessions, list);
  }
  return list;
}

export function shownProjects(rows: Rows): ProjectWithSessions[] {
  return rows.filter((row) => !row.archived_at).sort(byProject);
}

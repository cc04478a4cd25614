import type {
  ProjectResponse,
  ProjectUpdatedData,
  ProjectWithSessions,
  SessionResponse,
  SessionUpdatedData,
} from '@/shared/websocket/generated';
import { keepShape } from './order';
import {
  findProject,
  findSession,
  placeOf,
  placeOfProject,
  withMore,
  withProject,
  withSession,
} from './places';

export { findProject, findSession };

/**
 * Changes of the list of projects, each pure. What does not change keeps its identity, down to the
 * row, so that only a changed row renders; a change that changes nothing returns the list itself.
 * A row is replaced only by a newer one: `rev` decides, whichever way the row came.
 */
export type Rows = readonly ProjectWithSessions[];

export function mergeProject(rows: Rows, project: ProjectResponse): Rows {
  const old = findProject(rows, project.id);
  if (!old) return [...rows, { ...project, sessions: [] }];
  return project.rev <= old.rev ? rows : putProject(rows, { ...project, sessions: old.sessions });
}

/** Merges whole rows; one that is not in the list yet is added if `isNew` says so. */
export function mergeSessions(
  rows: Rows,
  incoming: readonly SessionResponse[],
  isNew: (row: SessionResponse) => boolean = () => true,
): Rows {
  const wanted = incoming.filter((row) => {
    const old = findSession(rows, row.id);
    const here = placeOfProject(rows, row.project_id) !== undefined;
    return here && (old ? row.rev > old.rev : isNew(row));
  });
  const [only] = wanted;
  if (!only) return rows;
  return wanted.length === 1 ? putSession(rows, only) : putSessions(rows, wanted);
}

/** A slice of a list that comes in several: its rows join those that are here, but for what is gone. */
export function addSlice(
  rows: Rows,
  slice: readonly ProjectWithSessions[],
  gone: ReadonlySet<string>,
): Rows {
  const isFresh = (row: { id: string }) => !gone.has(row.id) && !findSession(rows, row.id);
  const left = slice.filter(({ id }) => !gone.has(id));
  const fresh = left
    .filter(({ id }) => placeOfProject(rows, id) === undefined)
    .map((project) => ({ ...project, sessions: project.sessions.filter(isFresh) }));
  let next = rows;
  for (const project of left) {
    const at = placeOfProject(rows, project.id);
    if (at === undefined) continue;
    next = addBehind(mergeProject(next, project), at, project.sessions.filter(isFresh));
  }
  const known = left.flatMap(({ sessions }) => sessions.filter(({ id }) => findSession(rows, id)));
  return mergeSessions(fresh.length > 0 ? withMore(next, fresh) : next, known, () => false);
}

function addBehind(rows: Rows, at: number, sessions: readonly SessionResponse[]): Rows {
  const project = rows[at];
  if (!project || sessions.length === 0) return rows;
  return withProject(rows, at, { ...project, sessions: [...project.sessions, ...sessions] });
}

/** A row in the place of its older version, or at the end of its project. */
export function putSession(rows: Rows, row: SessionResponse): Rows {
  const place = placeOf(rows, row.id);
  const old = place && rows[place[0]]?.sessions[place[1]];
  if (place && old?.project_id === row.project_id) {
    return keepShape(rows, withSession(rows, place, row), old, row);
  }
  if (old) return putSessions(rows, [row]);
  const at = placeOfProject(rows, row.project_id);
  const project = at === undefined ? undefined : rows[at];
  if (at === undefined || !project) return rows;
  return withProject(rows, at, { ...project, sessions: [...project.sessions, row] });
}

function putSessions(rows: Rows, wanted: readonly SessionResponse[]): Rows {
  const newest = new Map(wanted.map((row) => [row.id, row]));
  const touched = new Set<string | undefined>();
  const added = new Map<string, SessionResponse[]>();
  for (const row of newest.values()) {
    const from = findSession(rows, row.id)?.project_id;
    touched.add(row.project_id).add(from);
    if (from === row.project_id) continue;
    added.set(row.project_id, [...(added.get(row.project_id) ?? []), row]);
  }
  return rows.map((project) => {
    if (!touched.has(project.id)) return project;
    const here = (row: SessionResponse) => row.project_id === project.id;
    const kept = project.sessions.map((row) => newest.get(row.id) ?? row).filter(here);
    return { ...project, sessions: [...kept, ...(added.get(project.id) ?? [])] };
  });
}

/** Another version of a project in its place. */
export function putProject(rows: Rows, project: ProjectWithSessions): Rows {
  const at = placeOfProject(rows, project.id);
  const old = at === undefined ? undefined : rows[at];
  if (at === undefined || !old) return rows;
  return keepShape(rows, withProject(rows, at, project), old, project);
}

export function patchProject(rows: Rows, push: ProjectUpdatedData): Rows {
  const { projectId, rev, prev: _prev, ...fields } = push;
  const old = findProject(rows, projectId);
  return !old || rev <= old.rev ? rows : putProject(rows, { ...old, ...fields, rev });
}

/** A field that is present wins, `null` included. */
export function patchSession(rows: Rows, push: SessionUpdatedData): Rows {
  const { sessionId, rev, prev: _prev, ...fields } = push;
  const old = findSession(rows, sessionId);
  if (!old || rev <= old.rev) return rows;
  return mergeSessions(rows, [{ ...old, ...fields, rev }]);
}

export function dropRows(
  rows: Rows,
  projects: readonly string[],
  sessions: readonly string[],
): Rows {
  const gone = new Set([...projects, ...sessions]);
  if (gone.size === 0) return rows;
  let changed = false;
  const left = rows.flatMap((project) => {
    const kept = project.sessions.filter((row) => !gone.has(row.id));
    const same = kept.length === project.sessions.length;
    changed ||= gone.has(project.id) || !same;
    if (gone.has(project.id)) return [];
    return [same ? project : { ...project, sessions: kept }];
  });
  return changed ? left : rows;
}

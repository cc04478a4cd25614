import type {
  ProjectResponse,
  ProjectUpdatedData,
  ProjectWithSessions,
  SessionResponse,
  SessionUpdatedData,
} from '@/shared/websocket/generated';

/**
 * Changes of the list of projects, each pure. What does not change keeps its identity, down to the
 * row, so that only a changed row renders; a change that changes nothing returns the list itself.
 * A row is replaced only by a newer one: `rev` decides, whichever way the row came.
 */
export type Rows = readonly ProjectWithSessions[];

export function findSession(rows: Rows, id: string): SessionResponse | undefined {
  for (const project of rows) {
    const session = project.sessions.find((row) => row.id === id);
    if (session) return session;
  }
  return undefined;
}

export function mergeProject(rows: Rows, project: ProjectResponse): Rows {
  const old = rows.find((row) => row.id === project.id);
  if (!old) return [...rows, { ...project, sessions: [] }];
  if (project.rev <= old.rev) return rows;
  return rows.map((row) => (row === old ? { ...project, sessions: old.sessions } : row));
}

/** Merges whole rows; one that is not in the list yet is added if `isNew` says so. */
export function mergeSessions(
  rows: Rows,
  incoming: readonly SessionResponse[],
  isNew: (row: SessionResponse) => boolean = () => true,
): Rows {
  const find = finder(rows, incoming.length);
  const projects = new Set(rows.map((row) => row.id));
  const wanted = incoming.filter((row) => {
    const old = find(row.id);
    return projects.has(row.project_id) && (old ? row.rev > old.rev : isNew(row));
  });
  if (wanted.length === 0) return rows;
  const newest = new Map(wanted.map((row) => [row.id, row]));
  const touched = new Set(wanted.flatMap((r) => [r.project_id, find(r.id)?.project_id ?? '']));
  return rows.map((project) =>
    touched.has(project.id) ? { ...project, sessions: replaced(project, newest, find) } : project,
  );
}

function replaced(
  project: ProjectWithSessions,
  newest: ReadonlyMap<string, SessionResponse>,
  find: (id: string) => SessionResponse | undefined,
): SessionResponse[] {
  const here = (row: SessionResponse) => row.project_id === project.id;
  const kept = project.sessions.map((row) => newest.get(row.id) ?? row).filter(here);
  const added = [...newest.values()].filter(
    (row) => here(row) && find(row.id)?.project_id !== project.id,
  );
  return [...kept, ...added];
}

function finder(rows: Rows, count: number): (id: string) => SessionResponse | undefined {
  if (count <= 2) return (id) => findSession(rows, id);
  const index = new Map(rows.flatMap((project) => project.sessions.map((row) => [row.id, row])));
  return (id) => index.get(id);
}

export function patchProject(rows: Rows, push: ProjectUpdatedData): Rows {
  const { projectId, rev, prev: _prev, ...fields } = push;
  const old = rows.find((row) => row.id === projectId);
  if (!old || rev <= old.rev) return rows;
  return rows.map((row) => (row === old ? { ...old, ...fields, rev } : row));
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

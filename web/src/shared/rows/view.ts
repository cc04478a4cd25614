import type {
  ProjectResponse,
  ProjectWithSessions,
  SessionResponse,
  SessionUpdatedData,
} from '@/shared/websocket/generated';
import { placeOfProject } from './places';
import {
  dropRows,
  findProject,
  findSession,
  mergeProject,
  mergeSessions,
  patchSession,
  type Rows,
} from './rows';

/** How far the list is known to be complete. */
export interface SyncState {
  /** The history that `rev` counts in; null: nothing is known yet. */
  epoch: string | null;
  /** The list holds every change up to this one. Single rows may be newer. */
  rev: number;
  /** Something was missed: a `sync` is due, and until its answer the view is unverified. */
  gap: boolean;
  /** Ids that were deleted. Ids are not used again within one epoch. */
  gone: ReadonlySet<string>;
  /** There is more: the list comes in slices. Up to `rev` what is here is right, and not all. */
  rest: Rest | null;
  /** A newer list that comes in slices. This one, unverified, is shown until it is all here. */
  coming: ProjectsView | null;
}

export interface Rest {
  /** Behind which place the next slice begins; the server's word. */
  after: string;
  /** How many projects are here, and how many there were when it began. */
  loaded: number;
  total: number;
}

export interface ProjectsView extends SyncState {
  projects: Rows | undefined;
}

export const emptyView: ProjectsView = {
  projects: undefined,
  epoch: null,
  rev: 0,
  gap: false,
  gone: new Set(),
  rest: null,
  coming: null,
};

/** How far a long list has come; null: it is all here. */
export const restOf = ({ rest, coming }: SyncState): Rest | null => rest ?? coming?.rest ?? null;

/** Whether there is more to come: what is not in the list may be on its way. */
export const isPartial = (state: SyncState): boolean => restOf(state) !== null;

/** The list that is kept current: the one that comes, where there is one. */
export const currentOf = (view: ProjectsView): ProjectsView => view.coming ?? view;

export function withRows(view: ProjectsView, projects: Rows): ProjectsView {
  return projects === view.projects ? view : { ...view, projects };
}

/**
 * Whether a row that is not in the list is new. The list holds every change up to its rev, so one
 * that is not above it was deleted since, and comes with an answer that was slow.
 */
function isNew(view: ProjectsView, row: { id: string; rev: number }): boolean {
  return row.rev > view.rev && !view.gone.has(row.id);
}

/**
 * Rows that went to a project which is not here yet go from here: they come again with its slice. Only
 * for what comes in the order of the topic, in which a project that is new comes before its rows.
 */
function letGo(view: ProjectsView, rows: readonly SessionResponse[]): ProjectsView {
  const { projects, rest } = view;
  if (!projects || !rest) return view;
  const left = rows.filter((row) => {
    const old = findSession(projects, row.id);
    return old && old.rev < row.rev && placeOfProject(projects, row.project_id) === undefined;
  });
  if (left.length === 0) return view;
  return withRows(
    view,
    dropRows(
      projects,
      [],
      left.map(({ id }) => id),
    ),
  );
}

/** Whole rows in the order of the topic. */
export function mergeInOrder(
  view: ProjectsView,
  sessions: readonly SessionResponse[],
): ProjectsView {
  return mergeSessionRows(letGo(view, sessions), sessions);
}

/** A patch in the order of the topic; null: what it builds on may have been passed over. */
export function patchInOrder(view: ProjectsView, push: SessionUpdatedData): ProjectsView | null {
  const rows = view.projects ?? [];
  const old = findSession(rows, push.sessionId);
  if (!old) return view.rest && push.project_id !== undefined ? null : view;
  const project_id = push.project_id ?? old.project_id;
  const left = letGo(view, [{ ...old, project_id, rev: push.rev }]);
  return left === view ? withRows(view, patchSession(rows, push)) : left;
}

/** A whole row that came by itself: the answer to a request, or of a session's topic. */
export function mergeProjectRow(view: ProjectsView, project: ProjectResponse): ProjectsView {
  if (!view.projects) return view;
  const known = findProject(view.projects, project.id) !== undefined;
  if (!known && !isNew(view, project)) return view;
  return withRows(view, mergeProject(view.projects, project));
}

export function mergeSessionRows(
  view: ProjectsView,
  sessions: readonly SessionResponse[],
): ProjectsView {
  if (!view.projects) return view;
  return withRows(
    view,
    mergeSessions(view.projects, sessions, (row) => isNew(view, row)),
  );
}

/**
 * A patch from a session's own topic. It fits only a row that is as new as the push before it;
 * another row waits for topic `projects`, which brings the same change.
 */
export function patchSessionRow(view: ProjectsView, push: SessionUpdatedData): ProjectsView {
  if (!view.projects) return view;
  const row = findSession(view.projects, push.sessionId);
  if (!row || row.rev < push.prev) return view;
  return withRows(view, patchSession(view.projects, push));
}

export function removeIds(
  view: ProjectsView,
  removed: { projects: readonly string[]; sessions: readonly string[] },
): ProjectsView {
  const ids = [...removed.projects, ...removed.sessions].filter((id) => !view.gone.has(id));
  const projects = view.projects && dropRows(view.projects, removed.projects, removed.sessions);
  if (ids.length === 0 && projects === view.projects) return view;
  return { ...view, projects, gone: new Set([...view.gone, ...ids]) };
}

/** The whole list as it was at `rev`, merged row by row: what is newer here stays, deletions too. */
export function mergeWholeList(
  view: ProjectsView,
  list: readonly ProjectWithSessions[],
  rev: number,
): ProjectsView {
  const ids = new Set(list.flatMap((row) => [row.id, ...row.sessions.map((item) => item.id)]));
  const missing = (row: { id: string; rev: number }) => row.rev <= rev && !ids.has(row.id);
  const rows = view.projects ?? [];
  const removed = {
    projects: rows.filter(missing).map((row) => row.id),
    sessions: rows.flatMap((row) => row.sessions.filter(missing).map((item) => item.id)),
  };
  // Of a list that is as new, every row is there that is not known to be gone.
  const since = rev >= view.rev ? -1 : view.rev;
  let next = removeIds({ ...view, projects: rows, rev: since }, removed);
  for (const { sessions: _sessions, ...project } of list) next = mergeProjectRow(next, project);
  next = mergeSessionRows(
    next,
    list.flatMap((row) => row.sessions),
  );
  const rest = rev >= view.rev ? null : view.rest;
  return { ...next, rev: Math.max(view.rev, rev), rest };
}

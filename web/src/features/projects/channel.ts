import { addSlice, mergeProject, mergeSessions, patchProject } from '@/shared/rows/rows';
import {
  emptyView,
  mergeInOrder,
  mergeProjectRow,
  mergeSessionRows,
  mergeWholeList,
  patchInOrder,
  type ProjectsView,
  removeIds,
  type Rest,
  withRows,
} from '@/shared/rows/view';
import {
  type ProjectEvent,
  ProjectEventTypes,
  type ProjectListResponse,
  type ProjectsSync,
  type SyncCurrent,
  type SyncDelta,
  type SyncSnapshot,
} from '@/shared/websocket';

type ProjectPush = Exclude<ProjectEvent, { type: 'sync' | 'head' }>;

/**
 * One event of topic `projects`, applied to the view; pure. A push whose `rev` is known is a
 * duplicate; one whose `prev` is known is applied; any other shows a gap: it is not applied, since
 * what it builds on is not here, and the answer to the `sync` that follows brings its rows.
 */
export function applyProjectEvent(view: ProjectsView, event: ProjectEvent): ProjectsView {
  if (event.type === ProjectEventTypes.SYNC) return applyProjectsSync(view, event.data, false);
  return toCurrent(view, (current) => applyToCurrent(current, event));
}

/** Changes the list that is kept current, and shows one that came when it is all here. */
function toCurrent(
  view: ProjectsView,
  change: (current: ProjectsView) => ProjectsView,
): ProjectsView {
  if (!view.coming) return change(view);
  const coming = change(view.coming);
  if (coming === view.coming) return view;
  if (coming.rest) return { ...view, coming };
  if (coming.epoch !== view.epoch) return coming;
  const whole = mergeWholeList({ ...view, coming: null }, coming.projects ?? [], coming.rev);
  return { ...whole, gap: coming.gap };
}

function applyToCurrent(
  view: ProjectsView,
  event: Exclude<ProjectEvent, { type: 'sync' }>,
): ProjectsView {
  switch (event.type) {
    case ProjectEventTypes.HEAD:
      return event.data.rev > view.rev ? withGap(view) : view;
    case ProjectEventTypes.SESSION_CREATED:
    case ProjectEventTypes.SESSION_UPDATED:
    case ProjectEventTypes.SESSION_DELETED:
    case ProjectEventTypes.PROJECT_CREATED:
    case ProjectEventTypes.PROJECT_UPDATED:
    case ProjectEventTypes.PROJECT_DELETED:
      if (event.data.rev <= view.rev) return view;
      if (!view.projects || event.data.prev > view.rev) return withGap(view);
      return moveOn(view, applyPush(view, event), event.data.rev);
    default: {
      const _exhaustive: never = event;
      return ignored(view, _exhaustive);
    }
  }
}

function moveOn(view: ProjectsView, next: ProjectsView | null, rev: number): ProjectsView {
  return next ? { ...next, rev } : withGap(view);
}

/** Null: a row is missing that it builds on. */
function applyPush(view: ProjectsView, event: ProjectPush): ProjectsView | null {
  const rows = view.projects ?? [];
  switch (event.type) {
    case ProjectEventTypes.SESSION_CREATED:
      return withRows(view, mergeSessions(rows, [event.data.session]));
    case ProjectEventTypes.SESSION_UPDATED:
      return patchInOrder(view, event.data);
    case ProjectEventTypes.SESSION_DELETED:
      return removeIds(view, { projects: [], sessions: [event.data.sessionId] });
    case ProjectEventTypes.PROJECT_CREATED:
      return withRows(view, mergeProject(rows, event.data.project));
    case ProjectEventTypes.PROJECT_UPDATED:
      return withRows(view, patchProject(rows, event.data));
    case ProjectEventTypes.PROJECT_DELETED:
      return removeIds(view, { projects: [event.data.projectId], sessions: [] });
    default: {
      const _exhaustive: never = event;
      return ignored(view, _exhaustive);
    }
  }
}

/**
 * The answer to a join or a `sync` (`answer`), or a `sync` that the server pushed. A pushed delta goes
 * on from what the server believes to have arrived: its rows are good in any case, but only if it
 * begins at or before what is known here does it make the list complete.
 */
export function applyProjectsSync(
  view: ProjectsView,
  sync: ProjectsSync,
  answer: boolean,
): ProjectsView {
  if (sync.mode === 'snapshot') return applySnapshot(view, sync);
  return toCurrent(view, (current) => applyChanges(current, sync, answer));
}

function applyChanges(
  view: ProjectsView,
  sync: SyncDelta | SyncCurrent,
  answer: boolean,
): ProjectsView {
  if (!view.projects || sync.epoch !== view.epoch) return withGap(view);
  const next = sync.mode === 'delta' ? applyDelta(view, sync) : view;
  const since = sync.mode === 'delta' ? sync.since : sync.rev;
  if (!answer && (since === undefined || since > view.rev)) return withGap(next);
  return { ...next, rev: Math.max(view.rev, sync.rev), gap: false };
}

/** The first slice of a list that replaces what is here: at once if it is all, or if there is nothing. */
function applySnapshot(view: ProjectsView, sync: SyncSnapshot): ProjectsView {
  const { epoch, rev, projects } = sync;
  const sameHistory = epoch === view.epoch && sync.reason !== 'ahead';
  const fresh: ProjectsView = { ...emptyView, projects, epoch, rev, rest: restOf(sync, projects) };
  if (!view.projects) return fresh;
  // The answer to `GET /api/projects` came first, and is as new: it goes on.
  if (fresh.rest && sameHistory && rev <= view.rev && !view.gap) {
    return { ...mergeFirstSlice(view, sync), gap: false };
  }
  // Where the history is another one, the list that comes is not merged with this one.
  if (fresh.rest) return { ...view, coming: fresh, epoch: sameHistory ? epoch : null };
  if (!sameHistory) return fresh;
  return { ...mergeWholeList(view, projects, rev), gap: false, coming: null };
}

function restOf(
  { next, total_projects }: Pick<ProjectListResponse, 'next' | 'total_projects'>,
  { length }: { length: number },
  rest: Rest | null = null,
): Rest | null {
  if (next === undefined) return null;
  return {
    after: next,
    loaded: length,
    total: Math.max(length, total_projects ?? rest?.total ?? 0),
  };
}

/** The slice behind `after`: what was asked for, if it is still wanted. */
export function applySlice(
  view: ProjectsView,
  after: string,
  slice: ProjectListResponse,
): ProjectsView {
  return toCurrent(view, (current) => {
    const { projects, rest, gone } = current;
    if (!projects || rest?.after !== after) return current;
    if (slice.epoch !== current.epoch) return withGap(current);
    if (slice.rev < current.rev) return current; // asked for again
    const next = addSlice(projects, slice.projects, gone);
    return { ...current, projects: next, rest: restOf(slice, next, rest) };
  });
}

function applyDelta(view: ProjectsView, sync: SyncDelta): ProjectsView {
  let next = removeIds(view, sync.removed);
  for (const project of sync.projects) next = mergeProjectRow(next, project);
  return mergeInOrder(next, sync.sessions);
}

/** The answer to `GET /api/projects`, however late: it never undoes what came by the socket. */
export function applyProjectList(view: ProjectsView, list: ProjectListResponse): ProjectsView {
  return toCurrent(view, (current) => {
    const { epoch, rev, projects } = list;
    if (!current.projects || current.epoch === null) {
      const { gap, gone } = current;
      return { ...emptyView, projects, epoch, rev, gap, gone, rest: restOf(list, projects) };
    }
    if (epoch !== current.epoch) return current;
    if (list.next === undefined) return mergeWholeList(current, projects, rev);
    return mergeFirstSlice(current, list);
  });
}

/** The beginning of a list of which more is here: nothing is missing because it is not in it. */
function mergeFirstSlice(
  view: ProjectsView,
  list: Pick<ProjectListResponse, 'rev' | 'projects'>,
): ProjectsView {
  let next = view;
  for (const { sessions, ...project } of list.projects) {
    next = mergeSessionRows(mergeProjectRow(next, project), sessions);
  }
  return !view.rest && list.rev > view.rev ? withGap(next) : next;
}

/** Nothing more comes of the list that is on its way: a `sync` without `since` is due. */
export function giveUpSlices(view: ProjectsView): ProjectsView {
  return { ...withGap(view), coming: null };
}

function withGap(view: ProjectsView): ProjectsView {
  return view.gap ? view : { ...view, gap: true };
}

/** An event of a newer server: nothing that this page could show. */
function ignored(view: ProjectsView, _event: never): ProjectsView {
  return view;
}

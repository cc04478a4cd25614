import { mergeProject, mergeSessions, patchProject, patchSession } from '@/shared/rows/rows';
import {
  mergeProjectRow,
  mergeSessionRows,
  mergeWholeList,
  type ProjectsView,
  removeIds,
  withRows,
} from '@/shared/rows/view';
import {
  type ProjectEvent,
  ProjectEventTypes,
  type ProjectListResponse,
  type ProjectsSync,
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
  switch (event.type) {
    case ProjectEventTypes.HEAD:
      return event.data.rev > view.rev ? withGap(view) : view;
    case ProjectEventTypes.SYNC:
      return applyProjectsSync(view, event.data, false);
    case ProjectEventTypes.SESSION_CREATED:
    case ProjectEventTypes.SESSION_UPDATED:
    case ProjectEventTypes.SESSION_DELETED:
    case ProjectEventTypes.PROJECT_CREATED:
    case ProjectEventTypes.PROJECT_UPDATED:
    case ProjectEventTypes.PROJECT_DELETED:
      if (event.data.rev <= view.rev) return view;
      if (!view.projects || event.data.prev > view.rev) return withGap(view);
      return { ...applyPush(view, event), rev: event.data.rev };
    default: {
      const _exhaustive: never = event;
      return ignored(view, _exhaustive);
    }
  }
}

function applyPush(view: ProjectsView, event: ProjectPush): ProjectsView {
  const rows = view.projects ?? [];
  switch (event.type) {
    case ProjectEventTypes.SESSION_CREATED:
      return withRows(view, mergeSessions(rows, [event.data.session]));
    case ProjectEventTypes.SESSION_UPDATED:
      return withRows(view, patchSession(rows, event.data));
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
  if (!view.projects || sync.epoch !== view.epoch) return withGap(view);
  const next = sync.mode === 'delta' ? applyDelta(view, sync) : view;
  const since = sync.mode === 'delta' ? sync.since : sync.rev;
  if (!answer && (since === undefined || since > view.rev)) return withGap(next);
  return { ...next, rev: Math.max(view.rev, sync.rev), gap: false };
}

function applySnapshot(view: ProjectsView, sync: SyncSnapshot): ProjectsView {
  const sameHistory = sync.epoch === view.epoch && sync.reason !== 'ahead';
  if (view.projects && sameHistory) {
    return { ...mergeWholeList(view, sync.projects, sync.rev), gap: false };
  }
  const { epoch, rev, projects } = sync;
  return { projects, epoch, rev, gap: false, gone: new Set() };
}

function applyDelta(view: ProjectsView, sync: SyncDelta): ProjectsView {
  let next = removeIds(view, sync.removed);
  for (const project of sync.projects) next = mergeProjectRow(next, project);
  return mergeSessionRows(next, sync.sessions);
}

/** The answer to `GET /api/projects`, however late: it never undoes what came by the socket. */
export function applyProjectList(view: ProjectsView, list: ProjectListResponse): ProjectsView {
  const { epoch, rev, projects } = list;
  if (!view.projects || view.epoch === null) {
    return { projects, epoch, rev, gap: view.gap, gone: view.gone };
  }
  return epoch === view.epoch ? mergeWholeList(view, projects, rev) : view;
}

function withGap(view: ProjectsView): ProjectsView {
  return view.gap ? view : { ...view, gap: true };
}

/** An event of a newer server: nothing that this page could show. */
function ignored(view: ProjectsView, _event: never): ProjectsView {
  return view;
}

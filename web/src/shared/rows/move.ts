import type {
  ProjectResponse,
  SessionResponse,
  UpdateProjectRequest,
  UpdateSessionRequest,
} from '@/shared/websocket/generated';
import { shownProjects, shownSessions } from './order';
import { findProject, findSession } from './places';
import type { Rows } from './rows';

/** What the server is asked for, and how the row will look when it is granted. */
export interface SessionMove {
  body: UpdateSessionRequest;
  fields: Partial<SessionResponse>;
}

export interface ProjectMove {
  body: UpdateProjectRequest;
  fields: Partial<ProjectResponse>;
}

/** Ids as the server gives out places: so that one fits between two. */
const STEP = 1024;

/** Right below `after`, or first; null: it stands there already. */
export function moveSession(
  rows: Rows,
  id: string,
  to: { projectId: string; after: string | null },
): SessionMove | null {
  const session = findSession(rows, id);
  const project = findProject(rows, to.projectId);
  if (!session || !project || to.after === id) return null;
  const all = shownSessions(project);
  const at = all.findIndex((row) => row.id === id);
  if (at >= 0 && (all[at - 1]?.id ?? null) === to.after) return null;
  const others = all.filter((row) => row.id !== id);
  const above = others.findIndex((row) => row.id === to.after);
  const position = -between(negative(others[above]), negative(others[above + 1]));
  const elsewhere = session.project_id === project.id ? {} : { project_id: project.id };
  return {
    body: { ...elsewhere, after: to.after },
    fields: { ...elsewhere, position },
  };
}

/** Right below `after`, or first, among those that are pinned as it is; null: it stands there. */
export function moveProject(rows: Rows, id: string, after: string | null): ProjectMove | null {
  const project = findProject(rows, id);
  if (!project || after === id) return null;
  const all = peers(rows, project);
  const at = all.findIndex((row) => row.id === id);
  if ((all[at - 1]?.id ?? null) === after) return null;
  const others = all.filter((row) => row.id !== id);
  const above = others.findIndex((row) => row.id === after);
  if (after !== null && above < 0) return null;
  const position = between(others[above]?.position, others[above + 1]?.position);
  return { body: { after }, fields: { position } };
}

/** One place up or down; null: there is none. */
export function stepSession(rows: Rows, id: string, by: 1 | -1): SessionMove | null {
  const session = findSession(rows, id);
  const project = session && findProject(rows, session.project_id);
  if (!session || !project) return null;
  const all = shownSessions(project).map((row) => row.id);
  const after = step(all, id, by);
  return after === undefined ? null : moveSession(rows, id, { projectId: project.id, after });
}

export function stepProject(rows: Rows, id: string, by: 1 | -1): ProjectMove | null {
  const project = findProject(rows, id);
  if (!project) return null;
  const after = step(
    peers(rows, project).map((row) => row.id),
    id,
    by,
  );
  return after === undefined ? null : moveProject(rows, id, after);
}

function step(ids: readonly string[], id: string, by: 1 | -1): string | null | undefined {
  const at = ids.indexOf(id);
  if (at < 0 || at + by < 0 || at + by >= ids.length) return undefined;
  return by > 0 ? ids[at + 1] : (ids[at - 2] ?? null);
}

function peers(rows: Rows, project: ProjectResponse): ProjectResponse[] {
  return shownProjects(rows).filter((row) => Boolean(row.pinned_at) === Boolean(project.pinned_at));
}

function negative(row: SessionResponse | undefined): number | undefined {
  return row && -row.position;
}

function between(above: number | undefined, below: number | undefined): number {
  if (above === undefined) return below === undefined ? 0 : below - STEP;
  return below === undefined ? above + STEP : (above + below) / 2;
}

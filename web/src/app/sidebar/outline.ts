import { isOfKind } from '@/features/sessions/tally';
import { byPin, byProject, bySession, shownProjects, shownSessions } from '@/shared/rows/order';
import { type Place, placeOf, placeOfProject } from '@/shared/rows/places';
import type { Rows } from '@/shared/rows/rows';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import type { ListView } from './view-state';

/** One line of the sidebar. It names a row by its place, which holds for every list of this shape. */
export type Entry =
  | { kind: 'pinned'; key: 'pinned' }
  | { kind: 'project'; key: string; place: number; open: boolean }
  | { kind: 'session'; key: string; place: Place; pinned: boolean }
  | { kind: 'empty'; key: string };

export interface Looked extends ListView {
  /** What stays though it fits no filter: what is on the screen, what has the focus. */
  kept?: readonly (string | null | undefined)[];
  /** More is to come: a project without sessions may have some. */
  partial?: boolean;
}

export function isFiltering({ search, filters, archived }: Omit<ListView, 'collapsed'>): boolean {
  return search.trim() !== '' || filters.size > 0 || archived;
}

export function outlineOf(rows: Rows, view: Looked): Entry[] {
  const filtering = isFiltering(view);
  const fits = filtering ? matcher(view) : () => true;
  const projects = view.archived ? rows.toSorted(byProject) : shownProjects(rows);
  const entries: Entry[] = [];
  const add = (session: SessionResponse, pinned: boolean) => {
    const place = placeOf(rows, session.id);
    if (place) entries.push({ kind: 'session', key: session.id, place, pinned });
  };
  const pinned = view.archived ? [] : projects.flatMap((one) => pinnedOf(one, fits)).sort(byPin);
  if (pinned.length > 0) entries.push({ kind: 'pinned', key: 'pinned' });
  for (const session of pinned) add(session, true);
  for (const project of projects) {
    const place = placeOfProject(rows, project.id);
    const all = view.archived ? archivedOf(project) : shownSessions(project);
    const sessions = filtering ? all.filter((session) => fits(session, project)) : all;
    const named = filtering && sessions.length === 0 && isNamed(project, view);
    if (place === undefined || (filtering && sessions.length === 0 && !named)) continue;
    const open = filtering || !view.collapsed.has(project.id);
    entries.push({ kind: 'project', key: project.id, place, open });
    if (!open) continue;
    for (const session of sessions) add(session, false);
    const bare =
      !filtering && !view.partial && !project.sessions.some((session) => !session.archived_at);
    if (bare) entries.push({ kind: 'empty', key: `empty:${project.id}` });
  }
  return entries;
}

type Fits = (session: SessionResponse, project: ProjectWithSessions) => boolean;

function wordsOf({ search }: Looked): string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Every word of the search is in the name of the session or of its project; any filter fits. */
function matcher(view: Looked): Fits {
  const words = wordsOf(view);
  const kinds = [...view.filters];
  const kept = new Set(view.kept);
  return (session, project) => {
    const fits = kinds.length === 0 || kinds.some((kind) => isOfKind(session, kind));
    if (!fits && !kept.has(session.id)) return false;
    if (words.length === 0) return true;
    const name = `${project.name} ${session.name}`.toLowerCase();
    return words.every((word) => name.includes(word));
  };
}

/** A project that is looked for itself, whatever is in it. */
function isNamed(project: ProjectWithSessions, view: Looked): boolean {
  if (view.archived) return Boolean(project.archived_at);
  const name = project.name.toLowerCase();
  const words = wordsOf(view);
  return view.filters.size === 0 && words.every((word) => name.includes(word));
}

function pinnedOf(project: ProjectWithSessions, fits: Fits): SessionResponse[] {
  return project.sessions.filter(
    (session) => session.pinned_at && !session.archived_at && fits(session, project),
  );
}

function archivedOf(project: ProjectWithSessions): SessionResponse[] {
  const { archived_at } = project;
  return project.sessions.filter((row) => archived_at ?? row.archived_at).sort(bySession);
}

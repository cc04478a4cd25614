import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket/generated';
import type { Rows } from './rows';

/** Where a session stands: its project's place in the list, and its own in the project. */
export type Place = readonly [project: number, session: number];

interface Places {
  projects: Map<string, number>;
  sessions: Map<string, Place>;
}

/**
 * Places are found once for a list, and handed on from one list to the next as long as nothing in it
 * moves: so a change of one row costs the same whether there are ten rows or ten thousand. They may
 * name more than the list has (rows were added to a later one), hence each is looked at when used.
 */
const known = new WeakMap<Rows, Places>();

function placesOf(rows: Rows): Places {
  let places = known.get(rows);
  if (!places) {
    places = { projects: new Map(), sessions: new Map() };
    for (const [at, project] of rows.entries()) {
      places.projects.set(project.id, at);
      addSessions(places, at, project.sessions, 0);
    }
    known.set(rows, places);
  }
  return places;
}

function addSessions(
  places: Places,
  project: number,
  sessions: readonly SessionResponse[],
  from: number,
): void {
  for (let at = from; at < sessions.length; at += 1) {
    const row = sessions[at];
    if (row) places.sessions.set(row.id, [project, at]);
  }
}

export function placeOf(rows: Rows, id: string): Place | undefined {
  const place = placesOf(rows).sessions.get(id);
  if (!place || rows[place[0]]?.sessions[place[1]]?.id === id) return place;
  return search(rows, id);
}

/** Another list that began as this one has it elsewhere, or has it alone. */
function search(rows: Rows, id: string): Place | undefined {
  for (const [at, project] of rows.entries()) {
    const place = project.sessions.findIndex((row) => row.id === id);
    if (place >= 0) return [at, place];
  }
  return undefined;
}

export function findSession(rows: Rows, id: string): SessionResponse | undefined {
  const place = placeOf(rows, id);
  return place && rows[place[0]]?.sessions[place[1]];
}

export function placeOfProject(rows: Rows, id: string): number | undefined {
  const at = placesOf(rows).projects.get(id);
  return at !== undefined && rows[at]?.id === id ? at : undefined;
}

export function findProject(rows: Rows, id: string): ProjectWithSessions | undefined {
  const at = placeOfProject(rows, id);
  return at === undefined ? undefined : rows[at];
}

/** The list with another project in one place; its sessions stand where they stood, new ones behind. */
export function withProject(rows: Rows, at: number, project: ProjectWithSessions): Rows {
  const places = placesOf(rows);
  const before = rows[at]?.sessions.length ?? 0;
  const next = rows.slice();
  next[at] = project;
  addSessions(places, at, project.sessions, before);
  known.set(next, places);
  return next;
}

/** The list with more projects behind; the ones that it has stand where they stood. */
export function withMore(rows: Rows, projects: readonly ProjectWithSessions[]): Rows {
  const places = placesOf(rows);
  const next = [...rows, ...projects];
  for (const [at, project] of projects.entries()) {
    places.projects.set(project.id, rows.length + at);
    addSessions(places, rows.length + at, project.sessions, 0);
  }
  known.set(next, places);
  return next;
}

/** The list with another version of a session in its place. */
export function withSession(rows: Rows, [at, place]: Place, row: SessionResponse): Rows {
  const project = rows[at];
  if (!project) return rows;
  const sessions = project.sessions.slice();
  sessions[place] = row;
  return withProject(rows, at, { ...project, sessions });
}

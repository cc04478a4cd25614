import { badgeOf } from '@/features/sessions/badge';
import { byPin, shownProjects, shownSessions } from '@/shared/rows/order';
import type { Rows } from '@/shared/rows/rows';
import type { SessionResponse } from '@/shared/websocket';

/** Every session that is not archived, as the sidebar has them from top to bottom. */
export function sessionsInOrder(rows: Rows): SessionResponse[] {
  const projects = shownProjects(rows);
  const pinned = projects.flatMap(({ sessions }) =>
    sessions.filter((row) => row.pinned_at && !row.archived_at),
  );
  return [...pinned.sort(byPin), ...projects.flatMap(shownSessions)];
}

/** The session `step` places from the one on the screen, round the end; without one, the first or last. */
export function neighbour(
  sessions: readonly SessionResponse[],
  id: string | undefined,
  step: 1 | -1,
): SessionResponse | undefined {
  const at = sessions.findIndex((row) => row.id === id);
  if (at < 0) return sessions.at(step > 0 ? 0 : -1);
  return sessions.at((at + step) % sessions.length);
}

/** The next one after that on the screen that waits for somebody, or else that failed. */
export function nextNeedy(
  sessions: readonly SessionResponse[],
  id: string | undefined,
): SessionResponse | undefined {
  const at = sessions.findIndex((row) => row.id === id);
  const round = [...sessions.slice(at + 1), ...sessions.slice(0, Math.max(at, 0))];
  const of = (kind: string) => round.find((row) => badgeOf(row)?.kind === kind);
  return of('waiting') ?? of('error');
}

export const pathOf = (session: SessionResponse) =>
  `/projects/${session.project_id}/sessions/${session.id}`;

import { badgeOf } from '@/features/sessions/badge';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';

type Rows = readonly ProjectWithSessions[];

/** Every session that is not archived, as the sidebar has them from top to bottom. */
export function sessionsInOrder(projects: Rows): SessionResponse[] {
  const shown = projects
    .filter((project) => !project.archived_at)
    .flatMap((project) => project.sessions.filter((row) => !row.archived_at).toSorted(byPlace));
  const pinned = shown.filter((row) => row.pinned_at);
  return [...pinned, ...shown.filter((row) => !row.pinned_at)];
}

function byPlace(a: SessionResponse, b: SessionResponse): number {
  if (a.position !== b.position) return b.position - a.position;
  if (a.created_at === b.created_at) return a.id < b.id ? 1 : -1;
  return a.created_at < b.created_at ? 1 : -1;
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

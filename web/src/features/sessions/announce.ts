import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import { badgeOf } from './badge';

type Rows = readonly ProjectWithSessions[];

/** What changed between two lists, in words for a screen reader: only states, of known sessions. */
export function announcements(before: Rows, after: Rows): string[] {
  if (before === after) return [];
  const same = new Set(before);
  const changed = after.filter((project) => !same.delete(project));
  const old = new Map([...same].flatMap((project) => project.sessions.map((row) => [row.id, row])));
  return changed
    .flatMap((project) => project.sessions)
    .flatMap((row) => {
      const was = old.get(row.id);
      return was && was !== row ? sentence(was, row) : [];
    });
}

function sentence(was: SessionResponse, is: SessionResponse): string[] {
  const [from, to] = [badgeOf(was), badgeOf(is)];
  if (from?.kind === to?.kind) return [];
  if (to?.kind === 'error') return [`${is.name}: error. ${to.reason}`];
  if (to) return [`${is.name}: ${to.label}`];
  return [`${is.name}: finished`];
}

import { moveProject, moveSession, type ProjectMove, type SessionMove } from '@/shared/rows/move';
import type { Rows } from '@/shared/rows/rows';
import type { Entry } from './outline';

export type Drop =
  | { kind: 'session'; id: string; move: SessionMove; line: number }
  | { kind: 'project'; id: string; move: ProjectMove; line: number };

/**
 * What it means to let `dragged` go over a line, in its upper half or its lower one; `line` is the one
 * above which it would stand. null: it would stay where it is, or cannot go there.
 */
export function dropOn(
  rows: Rows,
  entries: readonly Entry[],
  dragged: Entry,
  over: { line: number; lower: boolean },
): Drop | null {
  if (dragged.kind === 'session') return dropSession(rows, entries, dragged.key, over);
  if (dragged.kind === 'project') return dropProject(rows, entries, dragged.key, over);
  return null;
}

type Over = { line: number; lower: boolean };

function dropSession(rows: Rows, entries: readonly Entry[], id: string, over: Over): Drop | null {
  const target = entries[over.line];
  if (!target || target.kind === 'pinned') return null;
  if (target.kind === 'session' && target.pinned) return null;
  const projectId = projectAt(rows, entries, over.line);
  if (!projectId) return null;
  // Onto the project itself, or onto its "no sessions": it is the first then.
  const below = target.kind === 'session' && !over.lower ? entries[over.line - 1] : target;
  const after = below?.kind === 'session' && !below.pinned ? below.key : null;
  const move = moveSession(rows, id, { projectId, after });
  const line = target.kind === 'session' && !over.lower ? over.line : over.line + 1;
  return move && { kind: 'session', id, move, line };
}

function dropProject(rows: Rows, entries: readonly Entry[], id: string, over: Over): Drop | null {
  const target = entries[over.line];
  const targetId = projectAt(rows, entries, over.line);
  if (!target || !targetId) return null;
  const headers = entries.flatMap((entry, at) => (entry.kind === 'project' ? [{ entry, at }] : []));
  const place = headers.findIndex(({ entry }) => entry.key === targetId);
  const above = target.kind === 'project' && !over.lower ? place - 1 : place;
  const after = above < 0 ? null : (headers[above]?.entry.key ?? null);
  const pinned = isPinned(rows, id);
  const first = after === null || isPinned(rows, after) !== pinned;
  const next = headers[above + 1];
  // Pinned ones and the others each have their own order.
  if (first && after !== null && (next === undefined || isPinned(rows, next.entry.key) !== pinned))
    return null;
  const move = moveProject(rows, id, first ? null : after);
  return move && { kind: 'project', id, move, line: next?.at ?? entries.length };
}

function isPinned(rows: Rows, id: string): boolean {
  return Boolean(rows.find((row) => row.id === id)?.pinned_at);
}

/** The project under which a line stands. */
function projectAt(rows: Rows, entries: readonly Entry[], line: number): string | undefined {
  for (let at = line; at >= 0; at -= 1) {
    const entry = entries[at];
    if (entry?.kind === 'project') return rows[entry.place]?.id;
  }
  return undefined;
}

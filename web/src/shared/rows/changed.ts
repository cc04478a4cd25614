import type { SessionResponse } from '@/shared/websocket/generated';
import type { Rows } from './rows';

/** A session's row as it was (undefined: it was not there) and as it is. */
export interface Change {
  was: SessionResponse | undefined;
  row: SessionResponse;
}

/**
 * The rows that differ between two lists. What kept its identity is not looked into. `growing`: the list
 * comes in slices, and what stands where nothing stood has only now been loaded: it has not changed.
 */
export function changedSessions(before: Rows, after: Rows, growing = false): Change[] {
  if (before === after) return [];
  let index: Map<string, SessionResponse> | undefined;
  const find = (id: string) => {
    index ??= new Map(before.flatMap(({ sessions }) => sessions.map((row) => [row.id, row])));
    return index.get(id);
  };
  const changes: Change[] = [];
  after.forEach((project, at) => {
    const beside = before[at];
    if (beside === project) return;
    project.sessions.forEach((row, place) => {
      const old = beside?.sessions[place];
      if (growing && !old) return;
      const was = old?.id === row.id ? old : find(row.id);
      if (was !== row) changes.push({ was, row });
    });
  });
  return changes;
}

import { type Mutation, type QueryClient, useMutationState } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ProjectResponse, SessionResponse } from '@/shared/websocket/generated';
import { findProject, findSession } from './places';
import { readView } from './store';
import { dropRows, putProject, putSession, type Rows } from './rows';

/**
 * What the server was asked for and has not answered yet: shown over the list, and gone with its
 * mutation. So the cache holds only what the server said, and a refusal needs no undoing.
 */
export type Pending =
  | { session: string; fields: Partial<SessionResponse> }
  | { project: string; fields: Partial<ProjectResponse> }
  | { goneSession: string }
  | { goneProject: string };

/** The key of mutations whose variables have a `pending`. */
export const changeKey = ['row-change'] as const;

export interface PendingChange {
  pending: Pending;
}

export function applyPending(rows: Rows, all: readonly Pending[]): Rows {
  return all.reduce(applyOne, rows);
}

function applyOne(rows: Rows, change: Pending): Rows {
  if ('goneSession' in change) return dropRows(rows, [], [change.goneSession]);
  if ('goneProject' in change) return dropRows(rows, [change.goneProject], []);
  if ('session' in change) {
    const old = findSession(rows, change.session);
    return old ? putSession(rows, { ...old, ...change.fields }) : rows;
  }
  const old = findProject(rows, change.project);
  return old ? putProject(rows, { ...old, ...change.fields }) : rows;
}

const filters = { mutationKey: changeKey, status: 'pending' } as const;
const select = (mutation: Mutation) => (mutation.state.variables as PendingChange).pending;
const none: ReadonlySet<string> = new Set();

/** The list as it will be if everything asked for is granted, and the rows that wait for that. */
export function useWithPending(rows: Rows): { rows: Rows; waiting: ReadonlySet<string> } {
  const all = useMutationState({ filters, select });
  return useMemo(() => {
    if (all.length === 0) return { rows, waiting: none };
    const ids = all.flatMap((one) => Object.values(one).filter((v) => typeof v === 'string'));
    return { rows: applyPending(rows, all), waiting: new Set(ids) };
  }, [rows, all]);
}

/** The same, as it is now: for what is decided by a click. */
export function readRows(client: QueryClient): Rows {
  const all = client.getMutationCache().findAll(filters).map(select);
  return applyPending(readView(client).projects ?? [], all);
}

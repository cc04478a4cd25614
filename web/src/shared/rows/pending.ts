import type { Mutation, QueryClient } from '@tanstack/react-query';
import type { ProjectResponse, SessionResponse } from '@/shared/websocket/generated';
import { findProject, findSession } from './places';
import { listOf } from './store';
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

/** The list as it will be if everything asked for is granted, and the rows that wait for that. */
export interface Shown {
  rows: Rows;
  waiting: ReadonlySet<string>;
}

interface Asked {
  all: readonly Pending[];
  waiting: ReadonlySet<string>;
}

interface Known extends Shown {
  from: Rows;
  asked: Asked;
}

const filters = { mutationKey: changeKey, status: 'pending' } as const;
const pendingOf = (mutation: Mutation) => (mutation.state.variables as PendingChange).pending;
const noRows: Rows = [];
const known = new WeakMap<QueryClient, Known>();
const nothing: Asked = { all: [], waiting: new Set() };
const asked = new WeakMap<QueryClient, { now: Asked; stale: boolean }>();

/** As it is now; the same again while neither the list nor what was asked for is another. */
export function shownOf(client: QueryClient): Shown {
  const from = listOf(client)?.data ?? noRows;
  const now = askedOf(client);
  const before = known.get(client);
  if (before && before.from === from && before.asked === now) return before;
  const { all, waiting } = now;
  const shown = { from, asked: now, rows: applyPending(from, all), waiting };
  known.set(client, shown);
  return shown;
}

/** Each row on the screen asks; it is looked for anew only where something went on with a mutation. */
function askedOf(client: QueryClient): Asked {
  let state = asked.get(client);
  if (!state) {
    const made = (state = { now: nothing, stale: true });
    asked.set(client, made);
    client.getMutationCache().subscribe(() => void (made.stale = true));
  }
  if (state.stale) {
    state.stale = false;
    const all = client.getMutationCache().findAll(filters).map(pendingOf);
    if (!isSame(state.now.all, all)) state.now = { all, waiting: new Set(all.flatMap(idsOf)) };
  }
  return state.now;
}

const idsOf = (one: Pending) => Object.values(one).filter((value) => typeof value === 'string');

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, at) => one === others[at]);
}

/** Its rows: for what is decided by a click. */
export const readRows = (client: QueryClient): Rows => shownOf(client).rows;

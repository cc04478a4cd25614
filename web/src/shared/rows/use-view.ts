import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { atNextFrame } from '@/lib/next-frame';
import { type Shown, shownOf } from './pending';
import type { Rows } from './rows';
import { isOfView, listOf, syncOf } from './store';
import { isPartial, type SyncState } from './view';

/*
 * Components read the list in the cache by these hooks. What they select is looked at once a frame,
 * however many changes came in it, and only who selects something else renders. A `useQuery` in each of
 * them would cost every change an observer, a timer and an effect a piece (docs/decisions/0025).
 */

type Subscribe = (listener: () => void) => () => void;

const watches = new WeakMap<QueryClient, Subscribe>();

/** Tells of the list and of what is asked of the server; one for a client, as long as that lives. */
function watchOf(client: QueryClient): Subscribe {
  let watch = watches.get(client);
  if (!watch) watches.set(client, (watch = makeWatch(client)));
  return watch;
}

function makeWatch(client: QueryClient): Subscribe {
  const listeners = new Set<() => void>();
  const tellAll = () => listeners.forEach(tell);
  client.getQueryCache().subscribe(({ query }) => {
    if (isOfView(query.queryHash)) atNextFrame(tellAll);
  });
  client.getMutationCache().subscribe(() => atNextFrame(tellAll));
  return (listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
}

/** One that fails keeps no other from what is new. */
function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    reportError(error);
  }
}

function useView<T>(read: (client: QueryClient) => T): T {
  const client = useQueryClient();
  return useSyncExternalStore(watchOf(client), () => read(client));
}

/** Of the list, what `select` finds in it (the same for the same list); undefined: there is none yet. */
export function useRows<T>(select: (rows: Rows) => T): T | undefined {
  return useView((client) => {
    const rows = listOf(client)?.data;
    return rows && select(rows);
  });
}

/** Of the list with what the server was asked for, what `select` finds in it. */
export function useShown<T>(select: (shown: Shown) => T): T {
  return useView((client) => select(shownOf(client)));
}

/** Why there is no list, or no newer one. */
export function useListError(): Error | null {
  return useView((client) => listOf(client)?.error ?? null);
}

/** Of how far the list is known, what `select` finds in it; undefined: nothing is known yet. */
export function useSyncState<T>(select: (state: SyncState) => T): T | undefined {
  return useView((client) => {
    const state = syncOf(client)?.data;
    return state && select(state);
  });
}

/**
 * Calls `act` with the list, and whether there is more to come, now and whenever that is another: for
 * what shows nothing of it by React. Nothing is rendered for it.
 */
export function useOnRows(act: (rows: Rows, partial: boolean) => void): void {
  const client = useQueryClient();
  const call = useEffectEvent(act);
  useEffect(() => {
    let seen: { rows: Rows | undefined; partial: boolean } | undefined;
    const look = () => {
      const [rows, state] = [listOf(client)?.data, syncOf(client)?.data];
      const partial = state !== undefined && isPartial(state);
      if (!rows || (seen?.rows === rows && seen.partial === partial)) return;
      seen = { rows, partial };
      call(rows, partial);
    };
    look();
    return watchOf(client)(look);
  }, [client]);
}

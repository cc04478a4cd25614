import { useSyncExternalStore } from 'react';
import type { FilterKind } from '@/features/sessions/tally';
import { storage } from '@/lib/storage';

/** How the list is looked at; the sheet of a phone, opened again, finds it as it was. */
export interface ListView {
  /** Any of them: a session has one state, so "all of them" would show nothing. */
  filters: ReadonlySet<FilterKind>;
  /** What was archived, instead of all else. */
  archived: boolean;
  search: string;
  collapsed: ReadonlySet<string>;
}

const KEY = 'collapsed';
const none: ReadonlySet<FilterKind> = new Set();
const listeners = new Set<() => void>();
let view: ListView = { filters: none, archived: false, search: '', collapsed: readCollapsed() };

export function useListView(): ListView {
  return useSyncExternalStore(subscribe, () => view);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(fields: Partial<ListView>): void {
  view = { ...view, ...fields };
  for (const listener of listeners) listener();
}

export const listView = {
  search: (search: string) => change({ search }),
  toggleFilter: (kind: FilterKind) =>
    change({ filters: toggled(view.filters, kind), archived: false }),
  showArchived: (archived: boolean) => change({ archived, filters: none }),
  clear: () => change({ search: '', filters: none, archived: false }),
  collapse: (ids: Iterable<string>) => setCollapsed(new Set(ids)),
  toggleCollapsed: (id: string) => setCollapsed(toggled(view.collapsed, id)),
};

function setCollapsed(collapsed: ReadonlySet<string>): void {
  storage.set(KEY, collapsed.size === 0 ? null : JSON.stringify([...collapsed]));
  change({ collapsed });
}

function toggled<T>(set: ReadonlySet<T>, one: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(one)) next.add(one);
  return next;
}

function readCollapsed(): ReadonlySet<string> {
  try {
    const ids: unknown = JSON.parse(storage.get(KEY) ?? '[]');
    return new Set(Array.isArray(ids) ? ids.map(String) : []);
  } catch {
    return new Set();
  }
}

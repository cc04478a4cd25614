import { hashKey, notifyManager, type QueryClient, type QueryState } from '@tanstack/react-query';
import type { ProjectWithSessions } from '@/shared/websocket/generated';
import { inboxKeys } from '@/shared/inbox/inbox';
import { projectKeys } from './keys';
import { emptyView, type ProjectsView, type SyncState } from './view';

const listHash = hashKey(projectKeys.withSessions());
const syncHash = hashKey(projectKeys.syncState());

/** What the cache knows of the list, and of how far it is known; undefined: it was never asked. */
export function listOf(client: QueryClient): QueryState<ProjectWithSessions[]> | undefined {
  return client.getQueryCache().get<ProjectWithSessions[]>(listHash)?.state;
}
export function syncOf(client: QueryClient): QueryState<SyncState> | undefined {
  return client.getQueryCache().get<SyncState>(syncHash)?.state;
}

/** Whether a query of the cache is one of these two. */
export const isOfView = (hash: string) => hash === listHash || hash === syncHash;

/** The list and how far it is known, as they are in the cache now. */
export function readView(client: QueryClient): ProjectsView {
  return { ...emptyView, ...syncOf(client)?.data, projects: listOf(client)?.data };
}

/** The only way in which the list in the cache changes: a pure function, applied to it. */
export function updateView(
  client: QueryClient,
  change: (view: ProjectsView) => ProjectsView,
): ProjectsView {
  const before = readView(client);
  const after = change(before);
  const { projects, ...sync } = after;
  notifyManager.batch(() => {
    if (after !== before) client.setQueryData<SyncState>(projectKeys.syncState(), sync);
    if (projects && projects !== before.projects) {
      // The very list, not a copy: what is known of it (places, shape) is known by its identity.
      const list = projects as ProjectWithSessions[];
      client.setQueryData<ProjectWithSessions[]>(projectKeys.withSessions(), list);
    }
  });
  return after;
}

/** Nothing of this is fetched again by itself, and nothing is compared deeply: `rev` does that. */
export function keepViewForever(client: QueryClient): void {
  const defaults = { staleTime: Infinity, gcTime: Infinity, structuralSharing: false } as const;
  client.setQueryDefaults(projectKeys.withSessions(), defaults);
  client.setQueryDefaults(projectKeys.syncState(), defaults);
  client.setQueryDefaults(inboxKeys.all, defaults);
}

import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { projectKeys } from '@/shared/rows/keys';
import { findProject, findSession, type Rows } from '@/shared/rows/rows';
import { updateView } from '@/shared/rows/store';
import { useListError, useRows, useSyncState } from '@/shared/rows/use-view';
import { isPartial, type Rest, restOf } from '@/shared/rows/view';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import { applyProjectList } from './channel';

export { projectKeys };

/** Every project with its sessions: fetched once, then kept current by topic `projects`. */
export const projectsQuery = (client: QueryClient) =>
  queryOptions<ProjectWithSessions[]>({
    queryKey: projectKeys.withSessions(),
    queryFn: async () => {
      const list = await request('list_projects');
      const view = updateView(client, (before) => applyProjectList(before, list));
      return [...(view.projects ?? [])];
    },
    staleTime: Infinity,
    gcTime: Infinity,
    retry: false,
  });

const none: readonly ProjectWithSessions[] = [];
const all = (rows: Rows) => rows;

export function useProjects(): Rows {
  return useRows(all) ?? none;
}

/** Whether there is a list yet, or why not; it says nothing of what is in it, so no row renders it. */
export function useHasProjects() {
  return { loaded: useRows(() => true) ?? false, error: useListError() };
}

/** How far a long list has come; null: it is all here. */
export function useRest(): Rest | null {
  return useSyncState(restOf) ?? null;
}

/** Whether there is more to come: what is not in the list may be on its way. */
export function useIsPartial(): boolean {
  return useSyncState(isPartial) ?? false;
}

/** One project, one session: each renders only what shows it. */
export function useProject(id: string | undefined): ProjectWithSessions | undefined {
  return useRows((rows) => findProject(rows, id ?? ''));
}

export function useSession(id: string | undefined): SessionResponse | undefined {
  return useRows((rows) => findSession(rows, id ?? ''));
}

import {
  type QueryClient,
  queryOptions,
  skipToken,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback } from 'react';
import { request } from '@/lib/api';
import { projectKeys } from '@/shared/rows/keys';
import { findProject, findSession } from '@/shared/rows/rows';
import { updateView } from '@/shared/rows/store';
import type { Rest, SyncState } from '@/shared/rows/view';
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
    refetchOnMount: false,
    refetchOnReconnect: false,
    refetchOnWindowFocus: false,
  });

export function useProjects(client: QueryClient) {
  return useQuery(projectsQuery(client));
}

const isThere = () => true;

/** Whether there is a list yet, or why not; it says nothing of what is in it, so no row renders it. */
export function useHasProjects() {
  const { data = false, error } = useQuery({ ...projectsQuery(useQueryClient()), select: isThere });
  return { loaded: data, error };
}

const restOf = ({ rest, coming }: SyncState) => rest ?? coming?.rest ?? null;
const hasRest = (state: SyncState) => restOf(state) !== null;
const syncQuery = { queryKey: projectKeys.syncState(), queryFn: skipToken } as const;

/** How far a long list has come; null: it is all here. */
export function useRest(): Rest | null {
  return useQuery<SyncState, Error, Rest | null>({ ...syncQuery, select: restOf }).data ?? null;
}

/** Whether there is more to come: what is not in the list may be on its way. */
export function useIsPartial(): boolean {
  return useQuery<SyncState, Error, boolean>({ ...syncQuery, select: hasRest }).data ?? false;
}

/** One project, one session: each renders only what shows it. */
export function useProject(id: string | undefined): ProjectWithSessions | undefined {
  const select = useCallback((rows: ProjectWithSessions[]) => findProject(rows, id ?? ''), [id]);
  return useQuery({ ...projectsQuery(useQueryClient()), select }).data;
}

export function useSession(id: string | undefined): SessionResponse | undefined {
  const select = useCallback((rows: ProjectWithSessions[]) => findSession(rows, id ?? ''), [id]);
  return useQuery({ ...projectsQuery(useQueryClient()), select }).data;
}

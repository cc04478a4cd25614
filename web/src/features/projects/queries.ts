import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { projectKeys } from '@/shared/rows/keys';
import { updateView } from '@/shared/rows/store';
import type { ProjectWithSessions } from '@/shared/websocket';
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

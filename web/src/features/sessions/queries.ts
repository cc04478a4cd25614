import { queryOptions, skipToken, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { SessionDetail } from './channel';

export const sessionKeys = {
  all: ['sessions'] as const,
  /** What topic `session:{id}` keeps current: transcript, queue, open requests. The row is in the list. */
  detail: (id: string) => [...sessionKeys.all, 'detail', id] as const,
};

export const agentKeys = { all: ['agents'] as const };

/** Never fetched: the join of the session's topic brings it. */
export function useSessionDetail(id: string) {
  return useQuery<SessionDetail>({
    queryKey: sessionKeys.detail(id),
    queryFn: skipToken,
    staleTime: Infinity,
    structuralSharing: false,
  });
}

export const agentsQuery = queryOptions({
  queryKey: agentKeys.all,
  queryFn: async () => (await request('list_agents')).agents,
  staleTime: 60_000,
  retry: 1,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
});

export function useAgents() {
  return useQuery(agentsQuery);
}

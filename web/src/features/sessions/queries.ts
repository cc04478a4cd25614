import { queryOptions, skipToken, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { AgentResponse } from '@/shared/websocket';
import type { SessionDetail } from './channel';

export const sessionKeys = {
  all: ['sessions'] as const,
  /** What topic `session:{id}` keeps current: transcript, queue, open requests. The row is in the list. */
  detail: (id: string) => [...sessionKeys.all, 'detail', id] as const,
  /** A page of older messages on its way into the detail. */
  olderOf: (id: string) => [...sessionKeys.all, 'older', id] as const,
  older: (id: string, before: number) => [...sessionKeys.olderOf(id), before] as const,
};

export const agentKeys = { all: ['agents'] as const };

export const rawKeys = { of: (messageId: string) => ['raw-lines', messageId] as const };

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
  // It is asked for once: a server that is away for a moment must not leave the page without it.
  retry: 6,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
});

export function useAgents() {
  return useQuery(agentsQuery);
}

/** The agent of a session; fetched once, since what it can do does not change while muster runs. */
export function useAgent(id: string): AgentResponse | undefined {
  const { data } = useQuery({ ...agentsQuery, staleTime: Infinity });
  return data?.find((agent) => agent.id === id);
}

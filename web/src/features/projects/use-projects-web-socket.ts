import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiError } from '@/lib/api';
import { eventBus } from '@/shared/websocket';
import { projectsQuery } from './queries';
import { watchProjects } from './watch-projects';

/** How long the join waits for the first list, so that its answer can be short. */
const HEAD_START_MS = 300;

/** The one subscription that keeps every row of the page current. */
export function useProjectsWebSocket(): void {
  const client = useQueryClient();
  useEffect(() => {
    let stop: (() => void) | undefined;
    let cancelled = false;
    const list = client.prefetchQuery(projectsQuery(client));
    void Promise.race([list, sleep(HEAD_START_MS)]).then(() => {
      const { error } = client.getQueryState(projectsQuery(client).queryKey) ?? {};
      const signedOut = error instanceof ApiError && error.status === 401;
      if (!cancelled && !signedOut) stop = watchProjects(client, eventBus);
    });
    return () => {
      cancelled = true;
      stop?.();
    };
  }, [client]);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

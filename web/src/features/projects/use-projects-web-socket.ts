import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiError } from '@/lib/api';
import { eventBus } from '@/shared/websocket';
import { projectsQuery } from './queries';
import { watchProjects } from './watch-projects';

/** How long the join waits for the first list, so that its answer can be short. */
const HEAD_START_MS = 1000;

/** The one subscription that keeps every row of the page current. */
export function useProjectsWebSocket(): void {
  const client = useQueryClient();
  useEffect(() => {
    let stop: (() => void) | undefined;
    let over = false;
    const query = projectsQuery(client);
    const list = client.prefetchQuery(query);
    const begin = () => {
      if (!over && !stop) stop = watchProjects(client, eventBus);
    };
    // Who is not signed in is told so by the list; the socket would only be refused.
    void list.then(() => {
      const { error } = client.getQueryState(query.queryKey) ?? {};
      if (!(error instanceof ApiError && error.status === 401)) return begin();
      over = true;
      stop?.();
      if (stop) eventBus.disconnect();
    });
    void sleep(HEAD_START_MS).then(begin);
    return () => {
      over = true;
      stop?.();
    };
  }, [client]);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

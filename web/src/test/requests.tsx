import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render } from '@testing-library/react';
import { applySessionEvent, type SessionDetail } from '@/features/sessions/channel';
import { PermissionList } from '@/features/sessions/components/permission-list';
import { QueueList } from '@/features/sessions/components/queue-list';
import { sessionKeys, useSessionDetail } from '@/features/sessions/queries';
import { makeMutationCache } from '@/lib/failures';
import type { PermissionRequest, QueuedPrompt } from '@/shared/websocket';
import { session } from '@/test/rows';

interface Held {
  permissions?: PermissionRequest[];
  queue?: QueuedPrompt[];
}

function View() {
  const { data } = useSessionDetail('s1');
  return (
    <>
      <PermissionList permissions={data?.permissions ?? []} agent="Claude Code" />
      <QueueList queue={data?.queue ?? []} session={session({ state: 'working' })} />
      <input aria-label="Composer" />
    </>
  );
}

/** What stands above the composer of session s1, which works; `change` is the server's next word. */
export function showRequests(held: Held) {
  const client = new QueryClient({ mutationCache: makeMutationCache() });
  const put = (fields: Held) =>
    client.setQueryData<SessionDetail>(sessionKeys.detail('s1'), (old) =>
      applySessionEvent(old, {
        type: 'subscribe_success',
        data: {
          ...{ sessionId: 's1', epoch: 'e', rev: 1, mode: 'snapshot', session: session() },
          ...{ messages: [], has_older: false, queue: [], permissions: [] },
          ...fields,
        },
      }),
    );
  put(held);
  const { unmount } = render(
    <QueryClientProvider client={client}>
      <View />
    </QueryClientProvider>,
  );
  // The cache tells its observers a moment later.
  const change = (fields: Held) =>
    act(async () => {
      put(fields);
      await new Promise((resolve) => setTimeout(resolve, 0));
    });
  return { change, unmount };
}

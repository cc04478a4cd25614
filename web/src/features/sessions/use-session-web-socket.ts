import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { notify } from '@/lib/notify';
import { eventBus } from '@/shared/websocket';
import { handleEvent } from './handle-event';
import { flushSession } from './use-send-message';
import { watchSession } from './watch-session';

/** Keeps the viewed session's transcript current. Its row comes with every other by `projects`. */
export function useSessionWebSocket(sessionId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const context = { client, sessionId, onNotice: notify.warning };
    return watchSession({
      client,
      bus: eventBus,
      sessionId,
      handleEvent: (event) => handleEvent(context, event),
      onJoined: () => void flushSession(sessionId),
    });
  }, [client, sessionId]);
}

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { notify } from '@/lib/notify';
import { type CallError, eventBus } from '@/shared/websocket';
import { handleEvent } from './handle-event';
import { flushSession } from './use-send-message';
import { watchSession } from './watch-session';

/** Keeps the viewed session's transcript current. Its row comes with every other by `projects`. */
export function useSessionWebSocket(sessionId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    let said = false;
    // The client tries again by itself; that a session is gone is on the page.
    const sayOnce = ({ code, message }: CallError) => {
      if (!said && code !== 'SESSION_NOT_FOUND') notify.error(message);
      said = true;
    };
    const context = { client, sessionId };
    return watchSession({
      client,
      bus: eventBus,
      sessionId,
      handleEvent: (event) => handleEvent(context, event),
      onJoined: () => void flushSession(sessionId),
      onRefused: sayOnce,
    });
  }, [client, sessionId]);
}

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { eventBus } from '@/shared/websocket';
import { handleEvent } from './handle-event';
import { flushSession } from './use-send-message';
import { watchSession } from './watch-session';

/** Keeps the viewed session's transcript current. Its row comes with every other by `projects`. */
export function useSessionWebSocket(sessionId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const context = { client, sessionId, onNotice: (text: string) => void toast.warning(text) };
    return watchSession({
      client,
      bus: eventBus,
      sessionId,
      handleEvent: (event) => handleEvent(context, event),
      onJoined: () => void flushSession(sessionId),
    });
  }, [client, sessionId]);
}

import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { eventBus } from '@/shared/websocket';
import { watchInbox } from './watch-inbox';

type OnResolved = Parameters<typeof watchInbox>[0]['onResolved'];

/** The one subscription that keeps the inbox current, on every page. */
export function useInboxWebSocket(signedIn: boolean, onResolved: OnResolved): void {
  const client = useQueryClient();
  useEffect(() => {
    if (signedIn) return watchInbox({ client, bus: eventBus, onResolved });
  }, [client, signedIn, onResolved]);
}

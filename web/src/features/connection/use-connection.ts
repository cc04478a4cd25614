import { useEffect, useState, useSyncExternalStore } from 'react';
import { type ConnectionState, eventBus } from '@/shared/websocket';

/** A blink of the connection is not worth a word. */
const BLINK_MS = 500;

export function useConnection(): ConnectionState {
  return useSyncExternalStore(eventBus.status.subscribe, eventBus.status.get);
}

/** Since when what is shown is unverified (ms), once that has lasted; else null. */
export function useUnverifiedSince(): number | null {
  const { unverifiedSince } = useConnection();
  const [told, setTold] = useState<number | null>(null);
  useEffect(() => {
    if (unverifiedSince === null) return;
    const timer = setTimeout(() => setTold(unverifiedSince), BLINK_MS);
    return () => clearTimeout(timer);
  }, [unverifiedSince]);
  return unverifiedSince !== null && told === unverifiedSince ? told : null;
}

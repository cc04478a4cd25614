import { useEffect, useSyncExternalStore } from 'react';
import { usePageAttended } from '@/lib/visibility';
import { callSession, eventBus, type SessionResponse } from '@/shared/websocket';

const SEEN_MS = 300;

/** What is on the screen is read; a tab in the background, or a window without the focus, reads nothing. */
export function useMarkRead({ id, last_seq, read_seq }: SessionResponse): void {
  const attended = usePageAttended();
  const { unverifiedSince } = useSyncExternalStore(eventBus.status.subscribe, eventBus.status.get);
  const due = attended && unverifiedSince === null && last_seq > read_seq;
  useEffect(() => {
    if (!due) return;
    const timer = setTimeout(() => {
      // Refused or lost: the next message, or the next visit, asks again.
      callSession(eventBus, id, 'mark_read', { seq: last_seq }).catch(() => undefined);
    }, SEEN_MS);
    return () => clearTimeout(timer);
  }, [due, id, last_seq]);
}

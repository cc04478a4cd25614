import { useMemo, useSyncExternalStore } from 'react';
import { eventBus } from '@/shared/websocket';
import { drafts, sessionDraft } from './drafts';
import { outbox, type Pending } from './outbox';
import { flush } from './send';

/** Refused: the reason is said beside the composer, and the text is back in it. */
function onRefused({ sessionId, text }: Pending, reason: string): void {
  drafts.restore(sessionDraft(sessionId), text, reason);
}

export function flushSession(sessionId: string): Promise<void> {
  return flush(eventBus, outbox, sessionId, onRefused);
}

/** After a reconnect: what is pending in sessions that are not on the page any more. */
export function flushOthers(): void {
  for (const id of new Set(outbox.all().map((item) => item.sessionId))) void flushSession(id);
}

export function sendMessage(sessionId: string, text: string): void {
  outbox.add(sessionId, text);
  void flushSession(sessionId);
}

export function usePending(sessionId: string): readonly Pending[] {
  const all = useSyncExternalStore(outbox.subscribe, outbox.all);
  return useMemo(() => all.filter((item) => item.sessionId === sessionId), [all, sessionId]);
}

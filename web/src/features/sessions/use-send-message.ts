import { useMemo, useSyncExternalStore } from 'react';
import { eventBus } from '@/shared/websocket';
import { drafts, sessionDraft } from './drafts';
import type { Image } from './images';
import { outbox, type Pending } from './outbox';
import { flush } from './send';

/** Refused: the reason is said beside the composer, and the text is back in it. */
function onRefused({ sessionId, text, images }: Pending, reason: string): void {
  drafts.restore(sessionDraft(sessionId), text, reason, images);
}

export function flushSession(sessionId: string): Promise<void> {
  return flush(eventBus, outbox, sessionId, onRefused);
}

/** For a session that is about to be opened: its join sends it. */
export function sendOnJoin(sessionId: string, text: string, images: readonly Image[]): void {
  outbox.add(sessionId, text, images);
}

export function sendMessage(sessionId: string, text: string, images: readonly Image[]): void {
  outbox.add(sessionId, text, images);
  void flushSession(sessionId);
}

export function usePending(sessionId: string): readonly Pending[] {
  const all = useSyncExternalStore(outbox.subscribe, outbox.all);
  return useMemo(() => all.filter((item) => item.sessionId === sessionId), [all, sessionId]);
}

import type { QueryClient } from '@tanstack/react-query';
import { messageOf } from '@/lib/errors';
import { findSession } from '@/shared/rows/rows';
import { readView } from '@/shared/rows/store';
import { callSession, eventBus, type QueuedPrompt } from '@/shared/websocket';
import { drafts, sessionDraft } from './drafts';

const ENDED = 'the turn has ended since. The prompt that was removed is here again.';

/**
 * A prompt that was removed waits again where it stood. Where nothing runs any more, sending it would
 * begin a turn at once: then it goes back into the composer.
 */
export async function putBack(
  client: QueryClient,
  sessionId: string,
  { text, images }: QueuedPrompt,
  place: number,
): Promise<void> {
  const toDraft = (reason: string) => {
    const kept = images.map((id) => ({ id, type: '', bytes: 0 }));
    drafts.restore(sessionDraft(sessionId), text, reason, kept);
  };
  const session = findSession(readView(client).projects ?? [], sessionId);
  if (session?.state !== 'working') return toDraft(ENDED);
  const id = crypto.randomUUID();
  const message = { id, text, ...(images.length > 0 ? { images } : {}) };
  try {
    const { queued } = await callSession(eventBus, sessionId, 'send_message', message);
    if (!queued) return;
  } catch (error) {
    return toDraft(messageOf(error));
  }
  // Refused: it has left the queue, or stands at its end.
  await callSession(eventBus, sessionId, 'edit_queue', { id, position: place }).catch(() => null);
}

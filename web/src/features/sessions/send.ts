import { ApiError, request } from '@/lib/api';
import { CallError, callSession, Channels, type EventBus } from '@/shared/websocket';
import { type Outbox, type Pending } from './outbox';

const ACCEPTED_SHOWN_MS = 5_000;
const RETRY_MS = 5_000;
const inFlight = new Set<string>();

export type Refused = (pending: Pending, reason: string) => void;

/**
 * Sends what is pending in one session, in order. The id is the client's and stays the same, so that a
 * message sent twice is one message: without an answer it is sent again after the next join.
 */
export async function flush(
  bus: EventBus,
  outbox: Outbox,
  sessionId: string,
  refused: Refused,
): Promise<void> {
  for (const item of outbox.all()) {
    if (item.sessionId !== sessionId || item.accepted || inFlight.has(item.id)) continue;
    inFlight.add(item.id);
    const answer = await deliver(bus, item).finally(() => inFlight.delete(item.id));
    if (answer === 'later') return again(bus, outbox, sessionId, refused);
    if (answer === 'accepted') accept(outbox, item);
    else {
      outbox.remove(item.id);
      refused(item, answer.reason);
    }
  }
}

/** No answer, and no join to be expected that would send it: the page is elsewhere, or connected. */
function again(bus: EventBus, outbox: Outbox, sessionId: string, refused: Refused): void {
  const channel = Channels.session(sessionId);
  if (bus.isWatched(channel) && !bus.isJoined(channel)) return;
  setTimeout(() => void flush(bus, outbox, sessionId, refused), RETRY_MS);
}

async function deliver(
  bus: EventBus,
  { id, sessionId, text, images }: Pending,
): Promise<'accepted' | 'later' | { reason: string }> {
  const message = {
    id,
    text,
    ...(images.length > 0 ? { images: images.map((one) => one.id) } : {}),
  };
  try {
    if (bus.isJoined(Channels.session(sessionId))) {
      await callSession(bus, sessionId, 'send_message', message);
    } else {
      if (bus.isWatched(Channels.session(sessionId))) return 'later';
      await request('send_message', { id: sessionId, body: message });
    }
    return 'accepted';
  } catch (error) {
    if (error instanceof CallError && error.isTimeout) return 'later';
    if (error instanceof ApiError && error.status === 0) return 'later';
    return { reason: error instanceof Error ? error.message : 'It could not be sent.' };
  }
}

/** The push that shows it normally came first; it is not shown as pending for ever if it did not. */
function accept(outbox: Outbox, item: Pending): void {
  outbox.accept(item.id);
  setTimeout(() => outbox.remove(item.id), ACCEPTED_SHOWN_MS);
}

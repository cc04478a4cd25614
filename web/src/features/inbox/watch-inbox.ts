import type { QueryClient } from '@tanstack/react-query';
import { type Inbox, inboxKeys, isRequest } from '@/shared/inbox/inbox';
import {
  Channels,
  type EventBus,
  type InboxEvent,
  InboxEventTypes,
  type InboxReply,
  type PermissionDecision,
  type PermissionRequest,
} from '@/shared/websocket';
import { applyInboxEvent } from './channel';

interface Options {
  client: QueryClient;
  bus: EventBus;
  /** A request that was here got its answer, from whomever; null: the agent waits no more. */
  onResolved: (request: PermissionRequest, decision: PermissionDecision | null) => void;
}

/** Keeps ['inbox'] in the cache current by topic `inbox`, until the function it returns is called. */
export function watchInbox({ client, bus, onResolved }: Options): () => void {
  const channel = Channels.inbox();
  const read = () => client.getQueryData<Inbox>(inboxKeys.all);
  const take = (event: InboxEvent) => {
    const before = read();
    const after = applyInboxEvent(before, event);
    if (after !== before) client.setQueryData<Inbox>(inboxKeys.all, after);
    if (event.type !== InboxEventTypes.PERMISSION_RESOLVED) return;
    const { sessionId, id, decision } = event.data;
    const request = before?.find((one) => isRequest(one, sessionId, id));
    if (request) onResolved(request, decision);
  };
  const lost = () => bus.status.lost(channel, bus.lastHeard(channel));
  const stopListening = bus.on<InboxEvent>(channel, take);
  const leave = bus.join(channel, {
    joinParams: () => ({}),
    onJoined: (reply) => {
      client.setQueryData<Inbox>(inboxKeys.all, (reply as InboxReply).requests);
      bus.status.verified(channel);
    },
    onLost: lost,
  });
  if (!bus.isJoined(channel)) lost();
  bus.connect();
  return () => {
    stopListening();
    leave();
  };
}

import { type Inbox, isRequest, withoutRequest } from '@/shared/inbox/inbox';
import { type InboxEvent, InboxEventTypes } from '@/shared/websocket';

/**
 * One event of topic `inbox`, applied to what waits; pure. The answer to a join is the whole list, and
 * no push is lost after it, so there is nothing to catch up with: without a list, nothing is known.
 */
export function applyInboxEvent(inbox: Inbox | undefined, event: InboxEvent): Inbox | undefined {
  if (!inbox) return inbox;
  switch (event.type) {
    case InboxEventTypes.PERMISSION_REQUESTED: {
      const { permission } = event.data;
      const known = inbox.some((one) => isRequest(one, permission.session_id, permission.id));
      return known ? inbox : [...inbox, permission];
    }
    case InboxEventTypes.PERMISSION_RESOLVED:
      return withoutRequest(inbox, event.data.sessionId, event.data.id);
    default: {
      const _exhaustive: never = event;
      return ignored(inbox, _exhaustive);
    }
  }
}

/** An event of a newer server: nothing that this page could show. */
function ignored(inbox: Inbox, _event: never): Inbox {
  return inbox;
}

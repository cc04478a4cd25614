import type { PermissionRequest } from '@/shared/websocket/generated';

/** The key of what topic `inbox` keeps current: everything that waits for an answer. */
export const inboxKeys = { all: ['inbox'] as const };

/** Each request once, the one that waits longest first. */
export type Inbox = readonly PermissionRequest[];

/** An agent names its requests: the id says which one only within its session. */
export function isRequest(one: PermissionRequest, sessionId: string, id: string): boolean {
  return one.session_id === sessionId && one.id === id;
}

/** Without one that is answered; the same list where it was not in it. */
export function withoutRequest<T extends Inbox | undefined>(
  inbox: T,
  sessionId: string,
  id: string,
) {
  const left = inbox?.filter((one) => !isRequest(one, sessionId, id));
  return left && left.length !== inbox?.length ? left : inbox;
}

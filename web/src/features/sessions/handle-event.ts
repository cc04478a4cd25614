import type { QueryClient } from '@tanstack/react-query';
import { projectKeys } from '@/shared/rows/keys';
import { findSession } from '@/shared/rows/rows';
import { readView, updateView } from '@/shared/rows/store';
import { mergeSessionRows, patchSessionRow } from '@/shared/rows/view';
import {
  type CompleteData,
  type SessionEvent,
  SessionEventTypes,
  type SessionResponse,
} from '@/shared/websocket';
import { applySessionEvent, type SessionDetail } from './channel';
import { outbox } from './outbox';
import { sessionKeys } from './queries';

/** A turn's last push of the row may be one flush behind its `message_complete`. */
const GRACE_MS = 1_000;

export interface EventContext {
  client: QueryClient;
  /** The session whose topic this is; what an event changes is named by the event. */
  sessionId: string;
}

/** What each event of a session's topic does to the caches. */
export function handleEvent(context: EventContext, event: SessionEvent): void {
  const { client } = context;
  switch (event.type) {
    case SessionEventTypes.SESSION_UPDATED:
      updateView(client, (view) => patchSessionRow(view, event.data));
      return updateDetail(context, event);
    case SessionEventTypes.SUBSCRIBE_SUCCESS:
    case SessionEventTypes.SYNC:
      mergeRow(client, event.data.session);
      return updateDetail(context, event);
    case SessionEventTypes.MESSAGE_COMPLETE:
      return healIfBehind(client, event.data);
    case SessionEventTypes.ERROR:
      // It is in the transcript, and where the turn ended by it, in the row.
      return;
    case SessionEventTypes.STREAM_OUTPUT:
    case SessionEventTypes.MESSAGE_ADDED:
    case SessionEventTypes.QUEUE_UPDATED:
    case SessionEventTypes.PERMISSION_REQUESTED:
    case SessionEventTypes.PERMISSION_RESOLVED:
    case SessionEventTypes.HEAD:
      return updateDetail(context, event);
    default: {
      const _exhaustive: never = event;
      return ignored(_exhaustive);
    }
  }
}

function mergeRow(client: QueryClient, row: SessionResponse): void {
  updateView(client, (view) => mergeSessionRows(view, [row]));
}

function updateDetail({ client, sessionId }: EventContext, event: SessionEvent): void {
  const id = 'sessionId' in event.data ? event.data.sessionId : sessionId;
  const key = sessionKeys.detail(id);
  const before = client.getQueryData<SessionDetail>(key);
  const after = applySessionEvent(before, event);
  if (!after || after === before) return;
  client.setQueryData<SessionDetail>(key, after);
  outbox.seen(id, [...after.messages, ...after.queue]);
}

/**
 * The fallback: only a row that is still older than its completed turn was missed, and only then is
 * the list fetched again. An unknown session asks for nothing.
 */
function healIfBehind(client: QueryClient, data: CompleteData): void {
  if (!isBehind(client, data)) return;
  setTimeout(() => {
    if (!isBehind(client, data)) return;
    const list = { queryKey: projectKeys.withSessions(), exact: true };
    void client.invalidateQueries({ ...list, refetchType: 'all' });
  }, GRACE_MS);
}

function isBehind(client: QueryClient, { sessionId, rev }: CompleteData): boolean {
  const row = findSession(readView(client).projects ?? [], sessionId);
  return row !== undefined && row.rev < rev;
}

/** An event of a newer server: nothing that this page could show. */
function ignored(_event: never): void {
  return;
}

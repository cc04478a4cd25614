import {
  type MessageListResponse,
  type PermissionRequest,
  type QueuedPrompt,
  type SessionEvent,
  SessionEventTypes,
  type SubscribeSuccessData,
} from '@/shared/websocket';
import {
  appendText,
  highestSeq,
  mergeMessages,
  type Messages,
  prependMessages,
} from './transcript';

/** What the page holds of one session besides its row. */
export interface SessionDetail {
  epoch: string;
  /** Everything of the topic up to this rev is here. */
  rev: number;
  /** Every message up to this seq is here, from the first of `messages` on. */
  seq: number;
  /** The highest seq that the server spoke of. */
  lastSeq: number;
  messages: Messages;
  hasOlder: boolean;
  /** Newer versions of messages that are older than the first one here: they wait for their page. */
  early: Messages;
  queue: readonly QueuedPrompt[];
  /** What the agent waits for: each id once, in the order of asking. */
  permissions: readonly PermissionRequest[];
  /** Something was missed: a `sync` is due. */
  gap: boolean;
}

/** One event of topic `session:{id}`, applied to that session's detail; pure. */
export function applySessionEvent(
  detail: SessionDetail | undefined,
  event: SessionEvent,
): SessionDetail | undefined {
  if (event.type === SessionEventTypes.SUBSCRIBE_SUCCESS)
    return applySync(detail, event.data, true);
  if (event.type === SessionEventTypes.SYNC) return applySync(detail, event.data, false);
  if (!detail) return detail;
  switch (event.type) {
    case SessionEventTypes.STREAM_OUTPUT: {
      const messages = appendText(detail.messages, event.data);
      if (!messages) return withGap(detail);
      return messages === detail.messages ? detail : { ...detail, messages };
    }
    case SessionEventTypes.MESSAGE_ADDED:
      return addMessage(detail, event.data.message);
    case SessionEventTypes.SESSION_UPDATED: {
      const { rev, prev, last_seq = 0 } = event.data;
      const heard = last_seq > detail.lastSeq ? { ...detail, lastSeq: last_seq } : detail;
      if (rev <= detail.rev) return heard;
      return prev > detail.rev ? withGap(heard) : known(heard, rev);
    }
    case SessionEventTypes.QUEUE_UPDATED:
      return { ...detail, queue: event.data.queue };
    case SessionEventTypes.PERMISSION_REQUESTED:
      return addPermission(detail, event.data.permission);
    case SessionEventTypes.PERMISSION_RESOLVED:
      return removePermission(detail, event.data.id);
    case SessionEventTypes.HEAD:
      return event.data.rev > detail.rev ? withGap(detail) : detail;
    case SessionEventTypes.MESSAGE_COMPLETE:
    case SessionEventTypes.ERROR:
      return detail;
    default: {
      const _exhaustive: never = event;
      return ignored(detail, _exhaustive);
    }
  }
}

/** The answer to a join or a `sync`, or a `sync` that the server pushed: see applyProjectsSync. */
function applySync(
  detail: SessionDetail | undefined,
  data: SubscribeSuccessData,
  answer: boolean,
): SessionDetail {
  const { epoch, queue, permissions } = data;
  if (!detail || data.mode === 'snapshot' || epoch !== detail.epoch || leavesHole(detail, data)) {
    const messages = mergeMessages([], data.messages);
    const seq = highestSeq(messages);
    const lastSeq = Math.max(seq, data.session.last_seq);
    const { rev, has_older: hasOlder } = data;
    const early: Messages = [];
    return { epoch, rev, seq, lastSeq, messages, hasOlder, early, queue, permissions, gap: false };
  }
  const merged = merge(detail, data.messages);
  const lastSeq = Math.max(detail.lastSeq, data.session.last_seq);
  const next = { ...merged, queue, permissions, lastSeq };
  if (!answer && (data.since === undefined || data.since > detail.rev)) return withGap(next);
  const seq = Math.max(detail.seq, highestSeq(next.messages));
  return { ...next, gap: false, rev: Math.max(detail.rev, data.rev), seq };
}

/** A delta is bounded: with too much since then, it does not reach back to what is here. */
function leavesHole(detail: SessionDetail, data: SubscribeSuccessData): boolean {
  const fresh = data.messages.filter((message) => message.seq > detail.seq);
  const first = Math.min(...fresh.map((message) => message.seq));
  return data.has_older && fresh.length > 0 && first > detail.seq + 1;
}

/** What is older than the first message here would leave a hole behind it. */
function merge(detail: SessionDetail, incoming: Messages): SessionDetail {
  const first = detail.hasOlder ? (detail.messages[0]?.seq ?? 0) : 0;
  const messages = mergeMessages(
    detail.messages,
    incoming.filter(({ seq }) => seq >= first),
  );
  const early = mergeMessages(
    detail.early,
    incoming.filter(({ seq }) => seq < first),
  );
  if (messages === detail.messages && early === detail.early) return detail;
  return { ...detail, messages, early };
}

function addMessage(detail: SessionDetail, message: Messages[number]): SessionDetail {
  const added = merge(detail, [message]);
  if (detail.gap) return added;
  const seq = Math.max(detail.seq, message.seq);
  const next = seq === detail.seq ? added : { ...added, seq };
  return known(next, message.rev);
}

function addPermission(detail: SessionDetail, permission: PermissionRequest): SessionDetail {
  if (detail.permissions.some((one) => one.id === permission.id)) return detail;
  return { ...detail, permissions: [...detail.permissions, permission] };
}

/** Also what this page knows to be answered before the server's push tells. */
export function removePermission(detail: SessionDetail, id: string): SessionDetail {
  const permissions = detail.permissions.filter((one) => one.id !== id);
  return permissions.length === detail.permissions.length ? detail : { ...detail, permissions };
}

/** A page of older messages, asked for with `before`. */
export function applyOlder(
  detail: SessionDetail | undefined,
  page: MessageListResponse,
  before: number,
): SessionDetail | undefined {
  if (!detail || detail.messages[0]?.seq !== before) return detail;
  const messages = prependMessages(detail.messages, page.messages);
  const { early } = detail;
  return merge({ ...detail, messages, hasOlder: page.has_older, early: [] }, early);
}

function known(detail: SessionDetail, rev: number): SessionDetail {
  return detail.gap || rev <= detail.rev ? detail : { ...detail, rev };
}

function withGap(detail: SessionDetail): SessionDetail {
  return detail.gap ? detail : { ...detail, gap: true };
}

/** An event of a newer server: nothing that this page could show. */
function ignored(detail: SessionDetail, _event: never): SessionDetail {
  return detail;
}

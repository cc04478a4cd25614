import type { QueryClient } from '@tanstack/react-query';
import {
  type CallError,
  callSession,
  Channels,
  type EventBus,
  type JoinParams,
  type SessionEvent,
  SessionEventTypes,
  type SubscribeSuccessData,
  SyncLoop,
} from '@/shared/websocket';
import type { SessionDetail } from './channel';
import { sessionKeys } from './queries';

/** A row that speaks of more messages than have come: they may be on their way for this long. */
const LATE_MS = 750;

interface Options {
  client: QueryClient;
  bus: EventBus;
  sessionId: string;
  handleEvent: (event: SessionEvent) => void;
  onJoined?: () => void;
  onRefused?: (error: CallError) => void;
}

/** Keeps one session's detail current by topic `session:{id}`, until the returned function is called. */
export function watchSession(options: Options): () => void {
  const { client, bus, sessionId } = options;
  const channel = Channels.session(sessionId);
  const detail = () => client.getQueryData<SessionDetail>(sessionKeys.detail(sessionId));
  const params = (): JoinParams => {
    const known = detail();
    if (!known) return { since: null, since_seq: null };
    return { since: { epoch: known.epoch, rev: known.rev }, since_seq: known.seq };
  };
  const loop: SyncLoop<SubscribeSuccessData> = new SyncLoop({
    bus,
    channel,
    ask: () => callSession(bus, sessionId, 'sync', params()),
    onAnswer: (data) => take({ type: SessionEventTypes.SUBSCRIBE_SUCCESS, data }),
  });
  const late = lateCheck(detail, () => loop.request());
  const take = (event: SessionEvent) => {
    options.handleEvent(event);
    if (detail()?.gap) loop.request();
    else loop.verified();
    late.look();
  };
  const stopListening = bus.on<SessionEvent>(channel, take);
  const leave = bus.join(channel, {
    joinParams: params,
    onJoined: (reply) => {
      const data = reply as SubscribeSuccessData;
      take({ type: SessionEventTypes.SUBSCRIBE_SUCCESS, data });
      options.onJoined?.();
    },
    onRefused: (error) => options.onRefused?.(error),
    onLost: () => loop.lost(),
    onSilent: () => loop.request(),
  });
  if (!bus.isJoined(channel)) loop.lost();
  return () => {
    loop.stop();
    late.stop();
    stopListening();
    leave();
  };
}

/** Asks once for each seq that was promised and did not come. */
function lateCheck(detail: () => SessionDetail | undefined, ask: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  const missing = () => {
    const { lastSeq = 0, seq = 0 } = detail() ?? {};
    return lastSeq > seq && lastSeq > asked ? lastSeq : 0;
  };
  const check = () => {
    timer = undefined;
    const promised = missing();
    if (promised === 0) return;
    asked = promised;
    ask();
  };
  return {
    look: () => {
      if (timer === undefined && missing() > 0) timer = setTimeout(check, LATE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

// @vitest-environment node
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { projectKeys } from '@/shared/rows/keys';
import { readView, updateView } from '@/shared/rows/store';
import { emptyView } from '@/shared/rows/view';
import type { CompleteData, SessionEvent, SubscribeSuccessData } from '@/shared/websocket';
import { message, session, withSessions } from '@/test/rows';
import type { SessionDetail } from './channel';
import { handleEvent } from './handle-event';
import { outbox } from './outbox';
import { sessionKeys } from './queries';

let client: QueryClient;
/** GET /api/projects */
const fetched = vi.fn(() => Promise.resolve(readView(client).projects));
const send = (event: SessionEvent) => handleEvent({ client, sessionId: 's1' }, event);
const detail = (id: string) => client.getQueryData<SessionDetail>(sessionKeys.detail(id));
const row = (id: string) => readView(client).projects?.[0]?.sessions.find((one) => one.id === id);
const joined = (id: string): SessionEvent => {
  const rest = {
    epoch: 'e',
    rev: 5,
    mode: 'snapshot',
    messages: [],
    has_older: false,
    queue: [],
  } as const;
  const data: SubscribeSuccessData = {
    sessionId: id,
    session: session({ id, rev: 5 }),
    ...rest,
    messages: [],
    queue: [],
    permissions: [],
  };
  return { type: 'subscribe_success', data };
};

beforeEach(() => {
  vi.useFakeTimers();
  client = new QueryClient();
  client.setQueryDefaults(projectKeys.withSessions(), { queryFn: fetched });
  fetched.mockClear();
  const projects = [withSessions({}, session({ rev: 5 }), session({ id: 's2', rev: 5 }))];
  updateView(client, () => ({ ...emptyView, epoch: 'e', rev: 5, projects }));
});
afterEach(() => vi.useRealTimers());

it('changes the session that the event names, never the one that is viewed', () => {
  send(joined('s1'));
  send(joined('s2'));
  const before = [row('s1'), detail('s1')];
  send({
    type: 'session_updated',
    data: { sessionId: 's2', rev: 6, prev: 5, state: 'error', error_message: 'x' },
  });
  send({
    type: 'message_added',
    data: { sessionId: 's2', message: message({ session_id: 's2' }) },
  });
  expect(row('s2')).toMatchObject({ state: 'error', error_message: 'x' });
  expect(detail('s2')?.messages).toHaveLength(1);
  expect([row('s1'), detail('s1')]).toEqual(before);
  expect(row('s1')).toBe(before[0]);
});

it('takes a message off the pending ones when it comes back', () => {
  send(joined('s1'));
  const pending = outbox.add('s1', 'hello');
  send({
    type: 'message_added',
    data: { sessionId: 's1', message: message({ id: pending.id, kind: 'user' }) },
  });
  expect(outbox.all()).toEqual([]);
});

it('leaves errors to the transcript, which has them', () => {
  send(joined('s1'));
  const before = [row('s1'), detail('s1')];
  send({ type: 'error', data: { sessionId: 's1', message: 'retrying', fatal: false } });
  send({ type: 'error', data: { sessionId: 's1', message: 'dead', fatal: true } });
  expect([row('s1'), detail('s1')]).toEqual(before);
});

const complete = (fields: Partial<CompleteData>): SessionEvent => ({
  type: 'message_complete',
  data: { sessionId: 's1', rev: 5, cancelled: false, error_message: null, ...fields },
});

it.each<[string, SessionEvent, number]>([
  ['the row is as new as the turn', complete({}), 0],
  ['the session is unknown', complete({ sessionId: 'other', rev: 99 }), 0],
  ['the row stays older than the turn', complete({ rev: 9 }), 1],
])('fetches the list again only where it is behind: %s', (_name, event, times) => {
  send(event);
  vi.advanceTimersByTime(2_000);
  expect(fetched).toHaveBeenCalledTimes(times);
});

it('does not fetch when the push comes right behind message_complete', () => {
  send(complete({ rev: 6 }));
  send({ type: 'session_updated', data: { sessionId: 's1', rev: 6, prev: 5, state: 'idle' } });
  vi.advanceTimersByTime(2_000);
  expect(fetched).not.toHaveBeenCalled();
});

it('does not compile when an event has no case', () => {
  const incomplete = (event: SessionEvent) => {
    switch (event.type) {
      case 'head':
        return 'head';
      default: {
        // @ts-expect-error -- the other events are not handled, and the compiler must say so
        const _exhaustive: never = event;
        return _exhaustive;
      }
    }
  };
  expect(incomplete({ type: 'head', data: { rev: 1 } })).toBe('head');
});

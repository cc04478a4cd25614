// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CallError, type EventBus } from '@/shared/websocket';
import { Outbox } from './outbox';
import { flush } from './send';

let outbox: Outbox;
const call = vi.fn();
const refused = vi.fn();
const bus = (joined: boolean, watched = joined) =>
  ({ isJoined: () => joined, isWatched: () => watched, call }) as unknown as EventBus;
const send = (over: EventBus) => flush(over, outbox, 's1', refused);

beforeEach(() => {
  vi.useFakeTimers();
  outbox = new Outbox();
  call.mockReset();
  refused.mockReset();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('sends in order, by the session topic, each with the id it was given', async () => {
  call.mockResolvedValue({});
  const ids = [
    outbox.add('s1', 'one').id,
    outbox.add('s2', 'other').id,
    outbox.add('s1', 'two').id,
  ];
  await send(bus(true));
  expect(call.mock.calls.map(([, , payload]) => payload)).toEqual([
    { id: ids[0], text: 'one' },
    { id: ids[2], text: 'two' },
  ]);
  expect(outbox.all().map((one) => one.accepted)).toEqual([true, false, true]);
});

it('names the images of a message', async () => {
  call.mockResolvedValue({});
  const { id } = outbox.add('s1', 'one', [{ id: 'a1', type: 'image/png', bytes: 3 }]);
  await send(bus(true));
  expect(call.mock.calls[0]?.[2]).toEqual({ id, text: 'one', images: ['a1'] });
});

it('keeps a message without an answer, and sends it again with the same id', async () => {
  call.mockRejectedValueOnce(new CallError('TIMEOUT', 'no answer')).mockResolvedValue({});
  const { id } = outbox.add('s1', 'one');
  await send(bus(true));
  expect(outbox.find(id)?.accepted).toBe(false);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(call.mock.calls.map(([, , payload]) => payload.id)).toEqual([id, id]);
  expect(refused).not.toHaveBeenCalled();
});

it('waits for the join that is on its way', async () => {
  outbox.add('s1', 'one');
  await send(bus(false, true));
  expect(call).not.toHaveBeenCalled();
  expect(outbox.all()).toHaveLength(1);
});

it('goes by REST when the session is not on the page any more', async () => {
  const fetched = vi.fn(async () => Response.json({ id: 'x', queued: false }, { status: 202 }));
  vi.stubGlobal('fetch', fetched);
  outbox.add('s1', 'one');
  await send(bus(false));
  expect(fetched).toHaveBeenCalledWith(
    '/api/sessions/s1/messages',
    expect.objectContaining({ method: 'POST' }),
  );
});

it('gives a refused message back with its reason', async () => {
  call.mockRejectedValue(new CallError('QUEUE_FULL', 'The queue is full.'));
  const item = outbox.add('s1', 'one');
  await send(bus(true));
  expect(refused).toHaveBeenCalledWith(item, 'The queue is full.');
  expect(outbox.all()).toEqual([]);
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeServer } from '@/test/fake-server';
import { callSession, CallError, Channels, EventBus, type SessionEvent } from './index';

const channel = Channels.session('s1');
const buses: EventBus[] = [];

function start(answer: (topic: string, event: string) => unknown = () => ({ hello: 1 })) {
  const server = new FakeServer(answer);
  const bus = new EventBus(server.makeSocket);
  buses.push(bus);
  bus.connect();
  return { server, bus };
}

const owner = (fields: object = {}) => ({ joinParams: () => ({}), onJoined: vi.fn(), ...fields });

afterEach(() => {
  for (const bus of buses.splice(0)) bus.disconnect();
});

describe('EventBus', () => {
  it('hands events of a channel to its handlers, typed, and to no other', async () => {
    const { server, bus } = start();
    const heard: SessionEvent[] = [];
    const other = vi.fn();
    bus.on<SessionEvent>(channel, (event) => heard.push(event));
    bus.on<SessionEvent>(Channels.session('s2'), other);
    const mine = owner();
    bus.join(channel, mine);
    await vi.waitFor(() => expect(mine.onJoined).toHaveBeenCalledWith({ hello: 1 }));
    server.push(channel, 'head', { rev: 4 });
    expect(heard).toEqual([{ type: 'head', data: { rev: 4 } }]);
    expect(other).not.toHaveBeenCalled();
  });

  it('stops handing them out when told so', async () => {
    const { server, bus } = start();
    const handler = vi.fn();
    const off = bus.on<SessionEvent>(channel, handler);
    const mine = owner();
    bus.join(channel, mine);
    await vi.waitFor(() => expect(mine.onJoined).toHaveBeenCalled());
    off();
    server.push(channel, 'head', { rev: 4 });
    expect(handler).not.toHaveBeenCalled();
  });

  it('reads the join params anew at every rejoin', async () => {
    const { server, bus } = start();
    let since = 1;
    const mine = owner({ joinParams: () => ({ since }) });
    bus.join(channel, mine);
    await vi.waitFor(() => expect(mine.onJoined).toHaveBeenCalledTimes(1));
    since = 7;
    server.cut();
    await vi.waitFor(() => expect(mine.onJoined).toHaveBeenCalledTimes(2));
    const joins = server.received.filter((one) => one.event === 'phx_join');
    expect(joins.map((one) => one.payload.since)).toEqual([1, 7]);
  });

  it('shows one join to the server when its owner leaves and comes back at once', async () => {
    const { server, bus } = start();
    const leave = bus.join(channel, owner());
    leave();
    const mine = owner();
    bus.join(channel, mine);
    await vi.waitFor(() => expect(mine.onJoined).toHaveBeenCalled());
    expect(server.count('phx_join')).toBe(1);
    expect(server.count('phx_leave')).toBe(0);
  });

  it('leaves when nobody wants the topic any more', async () => {
    const { server, bus } = start();
    const mine = owner();
    const leave = bus.join(channel, mine);
    await vi.waitFor(() => expect(mine.onJoined).toHaveBeenCalled());
    leave();
    await vi.waitFor(() => expect(server.count('phx_leave')).toBe(1));
    expect(bus.isJoined(channel)).toBe(false);
  });
});

describe('calls', () => {
  it('answer, or say why not', async () => {
    const { bus } = start((_topic, event) => {
      if (event === 'cancel') throw { code: 'INTERNAL', message: 'No.' };
      return { id: 'x', queued: false };
    });
    const mine = owner();
    bus.join(channel, mine);
    await vi.waitFor(() => expect(mine.onJoined).toHaveBeenCalled());
    const sent = await callSession(bus, 's1', 'send_message', { id: 'x', text: 't' });
    expect(sent.queued).toBe(false);
    await expect(callSession(bus, 's1', 'cancel', {})).rejects.toThrow('No.');
  });

  it('are refused at once where nothing is joined, and time out where nobody answers', async () => {
    const { server, bus } = start();
    await expect(callSession(bus, 's1', 'cancel', {})).rejects.toMatchObject({
      code: 'DISCONNECTED',
    });
    const mine = owner();
    bus.join(channel, mine);
    await vi.waitFor(() => expect(mine.onJoined).toHaveBeenCalled());
    server.mute = true;
    const lost = callSession(bus, 's1', 'cancel', {});
    await expect(lost).rejects.toBeInstanceOf(CallError);
  });
});

describe('status', () => {
  it('says since when the view is unverified, and that it is verified again', async () => {
    const { server, bus } = start();
    const lost = vi.fn(() => bus.status.lost(channel, bus.lastHeard(channel)));
    bus.join(channel, owner({ onLost: lost, onJoined: () => bus.status.verified(channel) }));
    await vi.waitFor(() => expect(bus.status.get().phase).toBe('open'));
    await vi.waitFor(() => expect(bus.isJoined(channel)).toBe(true));
    expect(bus.status.get().unverifiedSince).toBeNull();
    server.down = true;
    server.cut();
    await vi.waitFor(() => expect(bus.status.get().phase).toBe('down'));
    expect(bus.status.get().unverifiedSince).toBeTypeOf('number');
    server.down = false;
    await vi.waitFor(() =>
      expect(bus.status.get()).toMatchObject({ phase: 'open', unverifiedSince: null, failures: 0 }),
    );
  });

  it('dates a dead connection from when it was last heard', () => {
    const { bus } = start();
    bus.status.verified(channel);
    const silent = Date.now() - 40_000;
    bus.status.lost(channel, silent);
    expect(bus.status.get().unverifiedSince).toBe(silent);
  });
});

import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findSession } from '@/shared/rows/rows';
import { keepViewForever, readView } from '@/shared/rows/store';
import { EventBus, type ProjectWithSessions } from '@/shared/websocket';
import { FakeServer } from '@/test/fake-server';
import { session, withSessions } from '@/test/rows';
import { projectsQuery } from './queries';
import { watchProjects } from './watch-projects';

const COUNT = 40;
const all: ProjectWithSessions[] = Array.from({ length: COUNT }, (_, n) =>
  withSessions(
    { id: `p${n}`, rev: n + 1 },
    session({ id: `s${n}`, project_id: `p${n}`, rev: n + 1 }),
  ),
);
let rev = COUNT;
const slice = (from: number) => ({
  ...{ epoch: 'e', rev, projects: all.slice(from, from + 1) },
  ...(from + 1 < COUNT && { next: `${from + 1}` }),
  ...(from === 0 && { total_projects: COUNT, total_sessions: COUNT }),
});

const client = new QueryClient();
let bus: EventBus;
let stop: () => void;
/** Answers calls of `snapshot`; undefined: as asked. */
let answer: ((after: string) => unknown) | undefined;

const server = () =>
  new FakeServer((_topic, event, payload) => {
    if (event === 'snapshot')
      return (answer ?? ((after) => slice(Number(after))))(String(payload.after));
    if (payload.since) return { mode: 'current', epoch: 'e', rev };
    return { ...slice(0), mode: 'snapshot', reason: 'no_since' };
  });
const loaded = () => readView(client).projects?.length;
const whole = () => vi.waitFor(() => expect(readView(client).rest).toBeNull());

async function begin(fake: FakeServer): Promise<void> {
  bus = new EventBus(fake.makeSocket);
  await client.prefetchQuery(projectsQuery(client));
  expect(readView(client).rest).toEqual({ after: '1', loaded: 1, total: COUNT });
  stop = watchProjects(client, bus);
}

beforeEach(() => {
  client.clear();
  keepViewForever(client);
  answer = undefined;
  rev = COUNT;
  vi.stubGlobal(
    'fetch',
    vi.fn().mockImplementation(async () => Response.json(slice(0))),
  );
});
afterEach(() => {
  stop();
  bus.disconnect();
  vi.unstubAllGlobals();
});

it('goes on behind the first list, by the channel alone, and is verified all the while', async () => {
  const fake = server();
  await begin(fake);
  await whole();
  expect(loaded()).toBe(COUNT);
  expect(fake.count('snapshot')).toBe(COUNT - 1);
  expect(fake.count('sync')).toBe(0);
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(bus.status.get().unverifiedSince).toBeNull();
});

it('applies what it has gathered before a push that came after it', async () => {
  const fake = server();
  answer = (after) => {
    if (after === '20') {
      rev = 41;
      const change = { sessionId: 's19', rev: 41, prev: 40, name: 'new' };
      fake.push('projects', 'session_updated', change);
    }
    return slice(Number(after));
  };
  await begin(fake);
  await whole();
  expect(findSession(readView(client).projects ?? [], 's19')).toMatchObject({
    name: 'new',
    rev: 41,
  });
});

it('goes on where it was after a reconnect', async () => {
  const fake = server();
  answer = (after) => {
    if (after === '20' && fake.count('phx_join') === 1) fake.cut();
    return slice(Number(after));
  };
  await begin(fake);
  await whole();
  expect(loaded()).toBe(COUNT);
  expect(fake.count('phx_join')).toBe(2);
  expect(fake.count('snapshot')).toBeLessThan(COUNT + 20);
});

it('begins anew where the server does not know the place, and shows what it has until then', async () => {
  const fake = server();
  let refused = false;
  answer = (after) => {
    if (after !== '20' || refused) return slice(Number(after));
    refused = true;
    expect(loaded()).toBeGreaterThan(1);
    throw { code: 'INVALID_FIELD', message: '`after` must be the `next` of a slice of this list.' };
  };
  await begin(fake);
  await vi.waitFor(() => expect(loaded()).toBe(COUNT));
  expect(refused).toBe(true);
  expect(fake.count('sync')).toBe(1);
  await vi.waitFor(() => expect(bus.status.get().unverifiedSince).toBeNull());
});

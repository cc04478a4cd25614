import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keepViewForever, readView } from '@/shared/rows/store';
import { findSession } from '@/shared/rows/rows';
import { EventBus, type ProjectWithSessions } from '@/shared/websocket';
import { FakeServer } from '@/test/fake-server';
import { session, withSessions } from '@/test/rows';
import { projectKeys, projectsQuery } from './queries';
import { watchProjects } from './watch-projects';

let rows: ProjectWithSessions[];
let rev: number;
let bus: EventBus;
let stop: () => void;
const client = new QueryClient();
const fetched = vi.fn();

const server = () =>
  new FakeServer((_topic, _event, payload) => {
    const since = payload.since as { rev: number } | null;
    if (since?.rev === rev) return { mode: 'current', epoch: 'e', rev };
    if (!since) return { mode: 'snapshot', reason: 'no_since', epoch: 'e', rev, projects: rows };
    const sessions = rows.flatMap((one) => one.sessions).filter((one) => one.rev > since.rev);
    const removed = { projects: [], sessions: [] };
    return { mode: 'delta', epoch: 'e', rev, projects: [], sessions, removed };
  });

const state = () => findSession(readView(client).projects ?? [], 's1')?.state;
const isVerified = () => bus.status.get().unverifiedSince === null;

function working(): void {
  rev = 6;
  rows = [withSessions({}, session({ rev: 6, state: 'working' }))];
}

async function begin(fake: FakeServer): Promise<void> {
  bus = new EventBus(fake.makeSocket);
  await client.prefetchQuery(projectsQuery(client));
  stop = watchProjects(client, bus);
  await vi.waitFor(() => expect(bus.isJoined('projects')).toBe(true));
}

beforeEach(() => {
  client.clear();
  keepViewForever(client);
  rev = 5;
  rows = [withSessions({}, session({ rev: 5 }))];
  fetched
    .mockReset()
    .mockImplementation(async () => Response.json({ epoch: 'e', rev, projects: rows }));
  vi.stubGlobal('fetch', fetched);
});
afterEach(() => {
  stop();
  bus.disconnect();
  vi.unstubAllGlobals();
});

it('joins with what the first list brought, and shows a push with no request', async () => {
  const fake = server();
  await begin(fake);
  expect(fake.received.find((one) => one.event === 'phx_join')?.payload).toEqual({
    since: { epoch: 'e', rev: 5 },
  });
  fake.push('projects', 'session_updated', { sessionId: 's1', rev: 6, prev: 5, state: 'working' });
  expect(state()).toBe('working');
  expect(fake.count('sync')).toBe(0);
  expect(fetched).toHaveBeenCalledTimes(1);
});

it('asks once for what is missing, and is unverified until the answer', async () => {
  const fake = server();
  await begin(fake);
  working();
  fake.push('projects', 'head', { rev: 6 });
  fake.push('projects', 'head', { rev: 6 });
  expect(isVerified()).toBe(false);
  await vi.waitFor(() => expect(state()).toBe('working'));
  expect(isVerified()).toBe(true);
  expect(fake.count('sync')).toBe(1);
  expect(fetched).toHaveBeenCalledTimes(1);
});

it('is right after a reconnect, without a request', async () => {
  const fake = server();
  await begin(fake);
  fake.down = true;
  fake.cut();
  await vi.waitFor(() => expect(isVerified()).toBe(false));
  working();
  fake.down = false;
  await vi.waitFor(() => expect(state()).toBe('working'));
  expect(isVerified()).toBe(true);
  expect(fetched).toHaveBeenCalledTimes(1);
});

it('keeps a newer push when the list is slow', async () => {
  const fake = server();
  let answer: (response: Response) => void = () => undefined;
  fetched.mockReturnValue(new Promise((resolve) => (answer = resolve)));
  const slow = {
    epoch: 'e',
    rev: 4,
    projects: [withSessions({}, session({ rev: 4, name: 'stale' }))],
  };
  const list = client.prefetchQuery(projectsQuery(client));
  bus = new EventBus(fake.makeSocket);
  stop = watchProjects(client, bus);
  await vi.waitFor(() => expect(state()).toBe('idle'));
  fake.push('projects', 'session_updated', { sessionId: 's1', rev: 6, prev: 5, state: 'working' });
  answer(Response.json(slow));
  await list;
  const data = client.getQueryData<ProjectWithSessions[]>(projectKeys.withSessions());
  expect(data?.[0]?.sessions[0]).toMatchObject({ name: 'Session', state: 'working', rev: 6 });
});

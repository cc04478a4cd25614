// @vitest-environment node
import { QueryClient } from '@tanstack/react-query';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { MessageResponse } from '@/shared/websocket';
import { message } from '@/test/rows';
import type { SessionDetail } from './channel';
import { allMessages, loadOlder, loadUntil, PAGES_MOST } from './older';
import { sessionKeys } from './queries';

const fetched = vi.fn<(url: string) => Promise<Response>>();
const one = (seq: number) => message({ id: `m${seq}`, seq });
const seqs = (messages: readonly MessageResponse[]) => messages.map(({ seq }) => seq);

/** A session of `count` messages whose server gives `size` a page. */
function serve(count: number, size: number) {
  fetched.mockImplementation((url) => {
    const before = Number(new URL(url, 'http://x').searchParams.get('before') ?? count + 1);
    const from = Math.max(1, before - size);
    const messages = Array.from({ length: before - from }, (_, index) => one(from + index));
    return Promise.resolve(Response.json({ messages, has_older: from > 1 }));
  });
}

function clientWith(first: number, last: number): QueryClient {
  const client = new QueryClient();
  client.setQueryData<SessionDetail>(sessionKeys.detail('s1'), {
    ...{
      epoch: 'e',
      rev: 1,
      seq: last,
      lastSeq: last,
      early: [],
      queue: [],
      permissions: [],
      gap: false,
    },
    messages: Array.from({ length: last - first + 1 }, (_, index) => one(first + index)),
    hasOlder: first > 1,
  });
  return client;
}
const detail = (client: QueryClient) =>
  client.getQueryData<SessionDetail>(sessionKeys.detail('s1'))?.messages ?? [];

beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal('fetch', fetched);
});

describe('older messages', () => {
  it('are fetched once, however many ask', async () => {
    serve(10, 4);
    const client = clientWith(8, 10);
    await Promise.all([loadOlder(client, 's1'), loadOlder(client, 's1')]);
    expect(seqs(detail(client))).toEqual([4, 5, 6, 7, 8, 9, 10]);
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it('are loaded until what is looked for is there, and no further', async () => {
    serve(30, 4);
    const client = clientWith(28, 30);
    const there = await loadUntil(client, 's1', (all) => all.some(({ id }) => id === 'm21'));
    expect([there, detail(client)[0]?.seq]).toEqual([true, 20]);
    expect(await loadUntil(client, 's1', (all) => all.some(({ id }) => id === 'no'))).toBe(false);
    expect(detail(client)).toHaveLength(30);
  });

  it('stop coming when nobody wants them any more, or after so many pages', async () => {
    serve(1_000, 2);
    const client = clientWith(999, 1_000);
    const stop = new AbortController();
    stop.abort();
    expect(await loadUntil(client, 's1', () => false, stop.signal)).toBe(false);
    expect(fetched).not.toHaveBeenCalled();
    await loadUntil(client, 's1', () => false);
    expect(fetched).toHaveBeenCalledTimes(PAGES_MOST);
  });

  it('say why they do not come, and come at the next try', async () => {
    const client = clientWith(5, 9);
    fetched.mockRejectedValueOnce(new TypeError('failed'));
    await expect(loadOlder(client, 's1')).rejects.toThrow('muster does not answer');
    serve(9, 10);
    await loadOlder(client, 's1');
    expect(detail(client)).toHaveLength(9);
  });

  it('of a session that is not on the screen are all fetched for a copy', async () => {
    serve(9, 4);
    const { messages, cut } = await allMessages(new QueryClient(), 's1');
    expect([seqs(messages), cut]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9], false]);
  });
});

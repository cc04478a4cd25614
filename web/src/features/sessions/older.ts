import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { Limits, type MessageResponse } from '@/shared/websocket';
import { applyOlder, type SessionDetail } from './channel';
import { mergeMessages } from './transcript';
import { sessionKeys } from './queries';

/** Pages that a search, a link or a copy loads at most: 40,000 messages. */
export const PAGES_MOST = 200;

const olderQuery = (id: string, before: number) =>
  queryOptions({
    queryKey: sessionKeys.older(id, before),
    queryFn: ({ signal }) => page(id, before, signal),
    // It goes into the session's detail; kept is nothing but that.
    ...{ gcTime: 0, staleTime: 0, retry: false },
  });

function page(id: string, before: number, signal?: AbortSignal) {
  const query =
    before === 0 ? { limit: Limits.PAGE_MESSAGES } : { before, limit: Limits.PAGE_MESSAGES };
  return request('list_messages', { id, query, ...(signal ? { signal } : {}) });
}

const detailOf = (client: QueryClient, id: string) =>
  client.getQueryData<SessionDetail>(sessionKeys.detail(id));

/** Loads the page before the oldest message that is here. Whoever asks meanwhile gets the same one. */
export async function loadOlder(client: QueryClient, id: string): Promise<void> {
  const before = oldest(detailOf(client, id));
  if (before === 0) return;
  const answer = await client.fetchQuery(olderQuery(id, before));
  client.setQueryData<SessionDetail>(sessionKeys.detail(id), (old) =>
    applyOlder(old, answer, before),
  );
}

/** 0: there are no older ones, as far as is known. */
function oldest(detail: SessionDetail | undefined): number {
  return detail?.hasOlder ? (detail.messages[0]?.seq ?? 0) : 0;
}

/** Loads older pages until `enough` says so, all are here, or the signal stops it; true: enough. */
export async function loadUntil(
  client: QueryClient,
  id: string,
  enough: (messages: readonly MessageResponse[]) => boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  for (let count = 0; count < PAGES_MOST; count += 1) {
    const detail = detailOf(client, id);
    if (!detail || signal?.aborted) return false;
    if (enough(detail.messages)) return true;
    if (oldest(detail) === 0) return false;
    await loadOlder(client, id);
  }
  return false;
}

/** Every message of a session, also of one that is not on the screen; `cut`: there are still older ones. */
export async function allMessages(
  client: QueryClient,
  id: string,
): Promise<{ messages: readonly MessageResponse[]; cut: boolean }> {
  await loadUntil(client, id, () => false);
  const detail = detailOf(client, id);
  if (detail) return { messages: detail.messages, cut: detail.hasOlder };
  let messages: readonly MessageResponse[] = [];
  let more = true;
  for (let count = 0; more && count < PAGES_MOST; count += 1) {
    const answer = await page(id, messages[0]?.seq ?? 0);
    messages = mergeMessages(messages, answer.messages);
    more = answer.has_older;
  }
  return { messages, cut: more };
}

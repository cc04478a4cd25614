import { useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { messageOf } from '@/lib/errors';
import type { SessionResponse } from '@/shared/websocket';
import { type Hit, hitsOf, nearestHit, sameHit } from './find';
import { loadUntil } from './older';
import { useSessionDetail } from './queries';

/** After the last key, before older pages are asked for. */
const PAUSE_MS = 250;

/** The places of a query in all of a session. What is not here yet is loaded, page by page. */
export function useFindHits({ id, agent }: SessionResponse, query: string, fromSeq: number) {
  const client = useQueryClient();
  const { data: detail } = useSessionDetail(id);
  const wanted = useDeferredValue(query);
  const messages = detail?.messages;
  const hits = useMemo(
    () => hitsOf(messages ?? [], wanted, agent === 'shell'),
    [messages, wanted, agent],
  );
  const [{ chosen, wish }, setChosen] = useState({ chosen: null as Hit | null, wish: 0 });
  const [round, setRound] = useState(0);
  const [ended, setEnded] = useState({ round: -1, reason: '' });
  const due = query.trim() !== '' && detail?.hasOlder === true;
  useEffect(() => {
    if (!due) return;
    const stop = new AbortController();
    const end = (reason: string) => {
      if (!stop.signal.aborted) setEnded({ round, reason });
    };
    const timer = setTimeout(() => {
      loadUntil(client, id, () => false, stop.signal).then(
        () => end(''),
        (error: unknown) => end(messageOf(error)),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [client, id, due, round]);
  const at = hits.findIndex((hit) => sameHit(chosen, hit));
  const current = at === -1 ? nearestHit(hits, fromSeq) : hits[at];
  const index = current ? hits.indexOf(current) : -1;
  const step = (by: 1 | -1) => {
    const next = hits[(index + by + hits.length) % hits.length];
    if (next) setChosen({ chosen: next, wish: wish + 1 });
  };
  return {
    ...{ hits, index, step, wanted, wish },
    current: current ?? null,
    searched: messages?.length ?? 0,
    total: Math.max(detail?.lastSeq ?? 0, messages?.length ?? 0),
    /** Pages are on their way. */
    loading: due && ended.round !== round,
    /** There is more than is looked through. */
    cut: due && ended.round === round && ended.reason === '',
    reason: due && ended.round === round ? ended.reason : '',
    again: () => setRound(round + 1),
  };
}

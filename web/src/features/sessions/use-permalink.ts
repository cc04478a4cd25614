import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation } from 'react-router';
import { messageOf } from '@/lib/errors';
import { loadUntil } from './older';
import { linkedId } from './permalink';
import type { Target } from './target';

export interface LinkState {
  state: 'none' | 'looking' | 'missing' | 'failed';
  /** Why it failed. */
  reason: string;
  again: () => void;
  dismiss: () => void;
}

/** Shows the message that the address names, loading older pages until it is there. */
export function usePermalink(
  sessionId: string,
  joined: boolean,
  goTo: (target: Target) => void,
): LinkState {
  const client = useQueryClient();
  const { hash, key } = useLocation();
  const id = linkedId(hash);
  const [round, setRound] = useState(0);
  const wish = `${key} ${round}`;
  const [found, setFound] = useState({ wish: '', state: 'none' as LinkState['state'], reason: '' });
  useEffect(() => {
    if (!joined || id === null) return;
    const stop = new AbortController();
    const tell = (state: LinkState['state'], reason = '') => {
      if (!stop.signal.aborted) setFound({ wish, state, reason });
    };
    loadUntil(client, sessionId, (all) => all.some((one) => one.id === id), stop.signal).then(
      (there) => {
        if (there && !stop.signal.aborted) goTo({ id, why: 'link' });
        tell(there ? 'none' : 'missing');
      },
      (error: unknown) => tell('failed', messageOf(error)),
    );
    return () => stop.abort();
  }, [client, sessionId, joined, id, wish, goTo]);
  const mine = found.wish === wish;
  return {
    state: id === null ? 'none' : mine ? found.state : 'looking',
    reason: found.reason,
    again: () => setRound(round + 1),
    dismiss: () => setFound({ wish, state: 'none', reason: '' }),
  };
}

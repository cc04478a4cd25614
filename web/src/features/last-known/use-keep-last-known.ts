import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { readView } from '@/shared/rows/store';
import { knownOf, lastKnown } from './last-known';

/** The list changes many times a second; it is written no more often than this. */
const EVERY_MS = 15_000;

/**
 * Keeps the list for a time without muster, as long as it is verified: now and then, and when the page
 * is hidden or left. `unverifiedSince`: until when (ms) everything had arrived; null: it still does.
 */
export function useKeepLastKnown(unverifiedSince: number | null): void {
  const client = useQueryClient();
  useEffect(() => {
    const write = () => {
      const { projects = [], rest } = readView(client);
      if (rest) return; // what is kept from before may be more
      void lastKnown.write(knownOf(projects, unverifiedSince ?? Date.now()));
    };
    if (unverifiedSince !== null) return write();
    const timer = setInterval(write, EVERY_MS);
    const hidden = () => document.visibilityState === 'hidden' && write();
    document.addEventListener('visibilitychange', hidden);
    window.addEventListener('pagehide', write);
    write();
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', hidden);
      window.removeEventListener('pagehide', write);
    };
  }, [client, unverifiedSince]);
}

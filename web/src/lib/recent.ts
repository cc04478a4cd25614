import { storage } from './storage';

const KEY = 'recent-sessions';
/** More than a palette shows: some are gone by then. */
const KEPT = 20;

/** Ids of the sessions that were looked at in this browser, the last one first. */
export function recentSessions(): string[] {
  try {
    const ids: unknown = JSON.parse(storage.get(KEY) ?? '[]');
    return Array.isArray(ids) ? ids.map(String) : [];
  } catch {
    return [];
  }
}

export function noteRecent(id: string): void {
  const ids = [id, ...recentSessions().filter((other) => other !== id)];
  storage.set(KEY, JSON.stringify(ids.slice(0, KEPT)));
}

import { textOf } from '@/lib/unknown';
import type { SessionResponse } from '@/shared/websocket';

type Facts = Pick<SessionResponse, 'state' | 'waiting_for' | 'metadata'>;

/** Since when a working agent has said nothing; null: it speaks, or is waited for itself. */
export function quietSince({ state, waiting_for, metadata }: Facts): string | null {
  if (state !== 'working' || waiting_for !== null) return null;
  const since = textOf(metadata?.quiet_since);
  return Number.isNaN(Date.parse(since)) ? null : since;
}

/** "No output for 7 min", "No output for 2 h 05 min" */
export function quietText(since: string, now: number): string {
  const minutes = Math.max(1, Math.floor((now - Date.parse(since)) / 60_000));
  if (minutes < 60) return `No output for ${minutes} min`;
  const rest = String(minutes % 60).padStart(2, '0');
  return `No output for ${Math.floor(minutes / 60)} h ${rest} min`;
}

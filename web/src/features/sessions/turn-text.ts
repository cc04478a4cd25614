import { duration } from '@/lib/time';
import type { Turn } from './turns';
import { shortCount, usedText } from './usage';

const outcomes = { done: '', cancelled: 'Cancelled', error: 'Ended with an error' };

/** One line: "12s · 12k in · 340 out · $0.13", with how it ended where that was not well. */
export function turnText({ outcome, ms, used }: Turn): string {
  const took = ms === null ? '' : ms < 1000 ? 'under 1s' : duration(ms);
  const after = took.startsWith('under') ? `in ${took}` : `after ${took}`;
  const ended = outcomes[outcome] && took ? `${outcomes[outcome]} ${after}` : outcomes[outcome];
  // An agent that knows no price tells of none, or of 0.
  const spent = used ? usedText({ ...used, cost: used.cost || null }) : '';
  return [ended || took, spent].filter((part) => part !== '').join(' · ');
}

/** What else is known of it, a line each. */
export function turnDetails({ startedAt, endedAt, model, used }: Turn): string {
  const at = (iso: string) => (Number.isNaN(Date.parse(iso)) ? '' : new Date(iso).toLocaleString());
  return [
    at(startedAt) && `Began ${at(startedAt)}`,
    at(endedAt) && `Ended ${at(endedAt)}`,
    model && `Model ${model}`,
    used?.cached ? `${shortCount(used.cached)} of the input from a cache` : '',
  ]
    .filter((line) => line !== '')
    .join('\n');
}

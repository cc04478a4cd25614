import { countOf, isRecord } from '@/lib/unknown';
import type { SessionResponse } from '@/shared/websocket';

/** What turns used; null: not told. */
export interface Used {
  /** Everything that was read, from a cache or not. */
  input: number | null;
  output: number | null;
  cached: number | null;
  /** Millionths of a dollar. */
  cost: number | null;
  turns: number | null;
}

/** Reads `metadata.usage` or `metadata.usage_total`. */
export function usedOf(value: unknown): Used | null {
  if (!isRecord(value)) return null;
  const cached = countOf(value.cache_read_tokens);
  const input = plus(plus(countOf(value.input_tokens), cached), countOf(value.cache_write_tokens));
  const output = countOf(value.output_tokens);
  const cost = countOf(value.cost_microusd);
  if (input === null && output === null && cost === null) return null;
  return { input, output, cached, cost, turns: countOf(value.turns) };
}

export interface Sum extends Used {
  sessions: number;
  /** Every session that told of tokens told its cost. */
  costKnown: boolean;
}

/** A project's sum, from the rows that the page has. */
export function sumUsed(rows: readonly Pick<SessionResponse, 'metadata'>[]): Sum | null {
  const all = rows.flatMap(({ metadata }) => usedOf(metadata?.usage_total) ?? []);
  if (all.length === 0) return null;
  const sum = (member: keyof Used) => all.map((one) => one[member]).reduce(plus);
  return {
    ...{ input: sum('input'), output: sum('output'), cached: sum('cached') },
    ...{ cost: sum('cost'), turns: sum('turns'), sessions: all.length },
    costKnown: all.every(({ cost }) => cost !== null),
  };
}

function plus(a: number | null, b: number | null): number | null {
  return a === null ? b : a + (b ?? 0);
}

/** "812", "4.1k", "12k", "3.4M" */
export function shortCount(n: number): string {
  if (n < 1000) return String(n);
  const [value, unit] = n < 999_500 ? [n / 1000, 'k'] : [n / 1_000_000, 'M'];
  return `${value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)}${unit}`;
}

/** "$0.0042", "$0.13", "$12.40": small sums keep two digits that say something. */
export function dollars(microusd: number): string {
  const value = microusd / 1_000_000;
  if (value === 0 || value >= 0.1) return `$${value.toFixed(2)}`;
  return value < 0.0001 ? '<$0.0001' : `$${value.toFixed(4)}`;
}

/** One line: "12k in · 340 out · $0.13". */
export function usedText({ input, output, cost }: Used, costKnown = true): string {
  const parts = [
    input === null ? '' : `${shortCount(input)} in`,
    output === null ? '' : `${shortCount(output)} out`,
    cost === null ? '' : `${costKnown ? '' : 'at least '}${dollars(cost)}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

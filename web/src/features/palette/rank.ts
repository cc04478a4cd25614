import { score } from './fuzzy';

export interface PaletteItem {
  id: string;
  group: string;
  label: string;
  /** What else is shown, and found: the project, the state. */
  detail: string;
  /** What else is found. */
  keywords?: string;
  /** Shown while nothing is typed. */
  first?: boolean;
  /** It stands in for another item, and only while nothing is typed. */
  onlyFirst?: boolean;
  /** A little more than others that fit as well: what was used lately. */
  bonus?: number;
}

export interface Group<T> {
  name: string;
  items: T[];
}

/** Of one group; more are found by typing more. */
export const SHOWN_OF_GROUP = 30;

/** What fits the query, grouped; the best group and the best item first. Nothing typed: what is `first`. */
export function rank<T extends PaletteItem>(items: readonly T[], query: string): Group<T>[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = new Map<string, { item: T; points: number }[]>();
  for (const item of items) {
    const points = words.length === 0 ? Number(item.first ?? false) : pointsOf(item, words);
    if (points <= 0) continue;
    const group = found.get(item.group);
    if (group) group.push({ item, points });
    else found.set(item.group, [{ item, points }]);
  }
  const groups = [...found].map(([name, hits]) => {
    hits.sort((a, b) => b.points - a.points);
    return { name, best: hits[0]?.points ?? 0, items: hits.slice(0, SHOWN_OF_GROUP) };
  });
  groups.sort((a, b) => b.best - a.best);
  return groups.map(({ name, items: hits }) => ({ name, items: hits.map(({ item }) => item) }));
}

function pointsOf(item: PaletteItem, words: readonly string[]): number {
  if (item.onlyFirst) return 0;
  const beside = `${item.detail} ${item.keywords ?? ''}`.toLowerCase();
  const points = score(words, item.label.toLowerCase(), beside);
  return points > 0 ? points + (item.bonus ?? 0) : 0;
}

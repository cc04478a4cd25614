import { describe, expect, it } from 'vitest';
import { scoreWord } from './fuzzy';
import { type PaletteItem, rank, SHOWN_OF_GROUP } from './rank';

const item = (label: string, more: Partial<PaletteItem> = {}): PaletteItem => ({
  id: label,
  group: 'Sessions',
  label,
  detail: '',
  ...more,
});
const labels = (items: readonly PaletteItem[], query: string) =>
  rank(items, query).flatMap((group) => group.items.map(({ label }) => label));

describe('a word', () => {
  it('is found by its letters in order, and not otherwise', () => {
    expect(scoreWord('ftr', 'fix the token refresh')).toBeGreaterThan(0);
    expect(scoreWord('rtf', 'fix tokens')).toBe(0);
  });

  it('counts more as it stands than as scattered letters, and more at the start of a word', () => {
    expect(scoreWord('tok', 'fix the token')).toBeGreaterThan(scoreWord('tok', 'two old keys'));
    expect(scoreWord('fix', 'fix it')).toBeGreaterThan(scoreWord('fix', 'prefix it'));
  });
});

describe('the list', () => {
  it('has what is first while nothing is typed, in its order', () => {
    const items = [item('b', { first: true }), item('c'), item('a', { first: true })];
    expect(labels(items, ' ')).toEqual(['b', 'a']);
    expect(labels([item('b', { first: true, onlyFirst: true })], 'b')).toEqual([]);
  });

  it('wants every word, in the name or beside it', () => {
    const items = [
      item('Token refresh', { detail: 'billing · Error' }),
      item('Token refresh', { id: '2', detail: 'website' }),
    ];
    expect(rank(items, 'token error')[0]?.items.map(({ id }) => id)).toEqual(['Token refresh']);
    expect(rank(items, 'token nowhere')).toEqual([]);
  });

  it('puts the name before what is beside it, and what was used lately before its equals', () => {
    const items = [
      item('Other', { detail: 'deploy' }),
      item('deploy one'),
      item('deploy two', { bonus: 5 }),
    ];
    expect(labels(items, 'deploy')).toEqual(['deploy two', 'deploy one', 'Other']);
  });

  it('is bounded in each group, and fast with many', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => item(`Session ${n}`, { id: String(n) }));
    const [group] = rank([...many, item('Settings', { group: 'Actions' })], 'se');
    expect(group?.items.length).toBeLessThanOrEqual(SHOWN_OF_GROUP);
    expect(rank(many, 'session')[0]?.items).toHaveLength(SHOWN_OF_GROUP);
  });
});

import { describe, expect, it } from 'vitest';
import type { AgentResponse } from '@/shared/websocket';
import { Limits } from '@/shared/websocket/generated';
import { message } from '@/test/rows';
import { commandCompletion, fileCompletion } from './completion';
import { promptsOf, stepHistory } from './history';
import {
  marksOf,
  matches,
  mentionAt,
  mentionStyle,
  type MentionStyle,
  mentionText,
} from './mentions';
import { promptLength, promptLimit, queueCount, queueRefusal } from './prompt-limits';
import { dropIndex, keyPlace } from './reorder';

const agent = (id: string, dialect: string): AgentResponse => ({
  ...{ id, name: id, dialect, available: true, path: null, version: null, missing: null },
  ...{ icon: null, takes_images: true },
});

describe('a mention', () => {
  it.each<[string, string | null, number]>([
    ['@', '', 0],
    ['look at @src/ma', 'src/ma', 8],
    ['line\n@a', 'a', 5],
    ['(@a', 'a', 1],
    ['see @"two words', 'two words', 4],
    ['see @"two words"', null, 0],
    ['me@example.org', null, 0],
    ['@a b', null, 0],
    ['no', null, 0],
    ['@one @two', 'two', 5],
  ])('before the caret in %j', (text, query, start) => {
    expect(mentionAt(text, text.length)).toEqual(query === null ? null : { start, query });
  });

  it('is looked for before the caret only, and not in the middle of a long word', () => {
    expect(mentionAt('@abc def', 3)).toEqual({ start: 0, query: 'ab' });
    expect(mentionAt(`${'x'.repeat(300)}@${'y'.repeat(255)}`, 556)).toBeNull();
    expect(mentionAt(` @${'y'.repeat(256)}`, 258)).toBeNull();
  });

  it.each<[string, string, MentionStyle]>([
    ['claude', 'claude', 'quoted'],
    ['codex', 'codex', 'quoted'],
    ['gemini', 'acp', 'escaped'],
    ['opencode', 'acp', 'quoted'],
    ['shell', 'shell', null],
    ['mine', 'text', null],
  ])('of %s (%s) is %s', (id, dialect, style) => {
    expect(mentionStyle(agent(id, dialect))).toBe(style);
    expect(mentionStyle(undefined)).toBeNull();
  });

  it.each<[string, MentionStyle, string]>([
    ['src/main.c', 'quoted', '@src/main.c'],
    ['a b/c.md', 'quoted', '@"a b/c.md"'],
    ['a "b".md', 'quoted', '@"a \\"b\\".md"'],
    ['a b/c.md', 'escaped', '@a\\ b/c.md'],
    ['a(1).md', 'escaped', '@a\\(1\\).md'],
  ])('of %j, %s', (path, style, text) => expect(mentionText(path, style)).toBe(text));

  it('marks what was typed', () => {
    const marked = (path: string, query: string) =>
      [...marksOf(path, query)].sort((a, b) => a - b).map((at) => path[at]);
    expect(marked('src/main.c', 'main')).toEqual([...'main']);
    expect([...marksOf('main/main.c', 'main')]).toEqual([5, 6, 7, 8]);
    expect(marked('src/main.c', 'SMC')).toEqual([...'smc']);
    expect(marked('src/main.c', 'xyz')).toEqual([]);
    expect(matches('src/main.c', 'sc')).toBe(true);
    expect(matches('src/main.c', 'cs/')).toBe(false);
  });

  it('offers files with what stands in their place', () => {
    const found = { files: ['a b.md', 'c.md'], truncated: true, note: '' };
    const { items, start, end, note } = fileCompletion(
      { start: 4, query: 'b' },
      6,
      found,
      'quoted',
    );
    expect(items.map(({ insert }) => insert)).toEqual(['@"a b.md" ', '@c.md ']);
    expect([start, end, note]).toEqual([4, 6, 'More files match: type more of the name.']);
  });
});

it('commands are offered until one is typed out', () => {
  const commands = [{ name: 'compact', description: '', hint: '' }];
  expect(commandCompletion(commands, '/com')?.items[0]).toMatchObject({ insert: '/compact ' });
  expect([...(commandCompletion(commands, '/mp')?.items[0]?.marks ?? [])]).toEqual([3, 4]);
  expect(commandCompletion(commands, '/compact')).toBeNull();
  expect(commandCompletion(commands, '/x')).toBeNull();
  expect(commandCompletion(commands, 'say /com')).toBeNull();
});

describe('the history', () => {
  const prompts = ['one', 'two'];
  it('is what a person said', () => {
    const user = (text: string) => message({ kind: 'user', text });
    expect(promptsOf([user('a'), message({ text: 'b' }), user('a'), user(' '), user('c')])).toEqual(
      ['a', 'c'],
    );
  });

  it.each<[string, string, boolean, number | null, number | null | undefined]>([
    ['ArrowUp', '', true, null, 1],
    ['ArrowUp', 'two', true, 1, 0],
    ['ArrowUp', 'one', true, 0, 0],
    ['ArrowDown', 'one', true, 0, 1],
    ['ArrowDown', 'two', true, 1, null],
    ['ArrowDown', '', true, null, undefined],
    ['ArrowUp', 'typed', true, null, undefined],
    ['ArrowUp', 'two, edited', true, 1, undefined],
    ['ArrowUp', 'two', false, 1, undefined],
  ])('%s in %j', (key, text, atEdge, at, expected) => {
    const place = at === null ? null : { index: at, text: prompts[at] ?? '' };
    const next = stepHistory(prompts, place, { text, atEdge }, key);
    expect(next && next.index).toBe(expected);
    expect(stepHistory([], null, { text: '', atEdge: true }, 'ArrowUp')).toBeUndefined();
  });
});

describe('limits', () => {
  it('of a message: what is left is said when it is near, and a refusal in words', () => {
    expect(promptLength('short', 1000)).toEqual({ left: '', refusal: '' });
    expect(promptLength('x'.repeat(900), 1000).left).toBe('100 B left');
    expect(promptLength('x'.repeat(1000), 1000).refusal).toBe('');
    expect(promptLength('ä'.repeat(1024), 1024).refusal).toBe(
      'The message is 1 kB too long: at most 1 kB. Shorten it, or put the text into a file and name the file.',
    );
    expect(promptLimit(agent('shell', 'shell'))).toBe(Limits.SHELL_PROMPT_BYTES);
    expect(promptLimit(agent('claude', 'claude'))).toBe(Limits.PROMPT_BYTES);
  });

  it('of the queue: counted when it is near, and refused while a turn runs', () => {
    expect([3, 80, 81].map(queueCount)).toEqual(['3 queued', '80 queued', '81 of 100 queued']);
    expect(queueRefusal(true, 99)).toBeNull();
    expect(queueRefusal(false, 100)).toBeNull();
    expect(queueRefusal(true, 100)).toMatch(/^100 prompts wait/);
  });
});

describe('a row that is dragged', () => {
  const rows = [0, 1, 2].map((at) => ({ top: at * 20, bottom: at * 20 + 20 }));
  it.each([
    [0, 5, 0],
    [0, 31, 1],
    [0, 99, 2],
    [2, 5, 0],
    [2, 25, 1],
    [1, 30, 1],
    [1, -9, 0],
  ])('from %i at %i lands at %i', (from, y, to) => expect(dropIndex(rows, y, from)).toBe(to));

  it.each([
    ['ArrowUp', 1, 1],
    ['ArrowUp', 3, 2],
    ['ArrowDown', 2, 3],
    ['ArrowDown', 3, 3],
    ['Home', 3, 1],
    ['End', 1, 3],
    ['Enter', 1, null],
  ])('or moved by %s from %i to %j', (key, place, to) => expect(keyPlace(key, place, 3)).toBe(to));
});

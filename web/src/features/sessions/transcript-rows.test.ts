// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageResponse } from '@/shared/websocket';
import { message } from '@/test/rows';
import { fencedCode, growBlocks, type Split, splitBlocks } from './blocks';
import { heightOf } from './heights';
import { linkedId, linkTo } from './permalink';
import { piecesOf, PIECE_CHARS } from './pieces';
import { GROUP_MESSAGES, groupsOf, regroup } from './rows';
import { appendText, mergeMessages } from './transcript';
import { turnDetails, turnText } from './turn-text';
import { turnEnds, turnOf } from './turns';

const many = (from: number, to: number): MessageResponse[] =>
  Array.from({ length: to - from + 1 }, (_, index) => {
    const seq = from + index;
    return message({ id: `m${seq}`, seq, kind: seq % 2 === 0 ? 'text' : 'tool', text: `T${seq}` });
  });

describe('groups', () => {
  const all = many(1, 60);
  const groups = groupsOf(all, Infinity, []);

  it('have every message once, in order, few in each', () => {
    expect(groups.flatMap(({ rows }) => rows.map((row) => row.message))).toEqual(all);
    expect(Math.max(...groups.map(({ rows }) => rows.length))).toBe(GROUP_MESSAGES);
    expect(new Set(groups.map(({ key }) => key)).size).toBe(groups.length);
  });

  it('stay what they are, but for the one whose message grew', () => {
    const grown = all.with(59, { ...all[59], text: 'longer' } as MessageResponse);
    const next = groupsOf(grown, Infinity, groups);
    const changed = next.filter((group, index) => group !== groups[index]);
    expect(changed).toHaveLength(1);
    const rows = changed[0]?.rows.filter((row) => !groups.at(-1)?.rows.includes(row));
    expect(rows?.map((row) => row.message.id)).toEqual(['m60']);
    expect(groupsOf(grown, Infinity, next)).toBe(next);
  });

  it('are the same by the short way as by the long one', () => {
    const text = fc.constantFrom('a', 'ab', 'abc');
    const step = fc.record({ at: fc.nat(24), text, kind: fc.constantFrom('text', 'tool', 'user') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.nat(24), (steps, turnSeq) => {
        let messages = many(1, 20);
        let now = regroup({ messages: [], turnSeq: 0, groups: [] }, messages, turnSeq);
        for (const { at, ...fields } of steps) {
          const was =
            messages[at] ?? message({ id: `n${messages.length}`, seq: messages.length + 1 });
          const is = { ...was, ...fields } as MessageResponse;
          messages = at < messages.length ? messages.with(at, is) : [...messages, is];
          now = regroup(now, messages, turnSeq);
          expect(now.groups).toEqual(groupsOf(messages, turnSeq, []));
        }
      }),
    );
  });

  it('keep their keys when older messages come before them', () => {
    const newest = groupsOf(all.slice(33), Infinity, []);
    const after = groupsOf(all, Infinity, newest);
    expect(newest.slice(1).every((group) => after.includes(group))).toBe(true);
    expect(after.map(({ key }) => key)).toEqual(groups.map(({ key }) => key));
  });

  it('tell a running call of this turn from one that was left', () => {
    const call = (seq: number) =>
      message({ id: `c${seq}`, seq, kind: 'tool', metadata: { status: 'running' } });
    const rows = groupsOf([call(1), call(3)], 2, []).flatMap((group) => group.rows);
    expect(rows.map(({ live }) => live)).toEqual([false, true]);
  });

  it('are about as high as what is in them', () => {
    const row = (fields: Partial<MessageResponse>) =>
      heightOf(groupsOf([message(fields)], Infinity, [])[0]?.rows ?? []);
    expect(row({ text: 'a\n'.repeat(100) })).toBeGreaterThan(1_500);
    expect(row({ text: 'a '.repeat(1_000) })).toBeGreaterThan(row({ text: 'a' }) + 300);
    expect(row({ kind: 'tool' })).toBeLessThan(60);
  });
});

describe('turns', () => {
  const turn = {
    started_at: '2026-01-01T00:00:00.000Z',
    ended_at: '2026-01-01T00:01:05.000Z',
    outcome: 'done',
    model: 'opus',
    usage: { input_tokens: 1_200, output_tokens: 340, cache_read_tokens: 10_800 },
  };
  const prompt = (id: string, seq: number, metadata: MessageResponse['metadata']) =>
    message({ id, seq, kind: 'user', metadata });

  it('end with the last message before the next prompt', () => {
    const first = prompt('u1', 2, { turn });
    const second = prompt('u2', 5, { turn });
    const ends = turnEnds([
      ...[message({ id: 'a', seq: 1 }), first, message({ id: 'b', seq: 3 })],
      ...[message({ id: 'c', seq: 4 }), second],
    ]);
    expect([...ends]).toEqual([
      ['c', first],
      ['u2', second],
    ]);
    const later = message({ id: 'l', seq: 4, created_at: '2026-01-01T00:02:00.000Z' });
    expect([...turnEnds([first, message({ id: 'b', seq: 3 }), later])]).toEqual([['b', first]]);
    expect(turnEnds([prompt('u3', 1, null), message({ id: 'd', seq: 2 })]).size).toBe(0);
  });

  it.each([
    ['all of it', turn, '1m 05s · 12k in · 340 out'],
    ['a cost', { ...turn, usage: { cost_microusd: 130_000 } }, '1m 05s · $0.13'],
    ['a cancel', { ...turn, outcome: 'cancelled', usage: null }, 'Cancelled after 1m 05s'],
    ['an error', { ...turn, outcome: 'error', usage: {} }, 'Ended with an error after 1m 05s'],
    ['nearly nothing', { ...turn, ended_at: turn.started_at, usage: 5 }, 'under 1s'],
    [
      'a quick error',
      { outcome: 'error', started_at: turn.started_at, ended_at: turn.started_at },
      'Ended with an error in under 1s',
    ],
    ['odd times', { outcome: 'error', started_at: 7 }, 'Ended with an error'],
    ['nothing', {}, ''],
  ])('tell %s in one line', (_name, told, line) => {
    const read = turnOf(prompt('u', 1, { turn: told }));
    expect(read && turnText(read)).toBe(line);
  });

  it('tell the model and what came from a cache', () => {
    const read = turnOf(prompt('u', 1, { turn }));
    expect(read && turnDetails(read)).toMatch(/Model opus\n11k of the input from a cache$/);
    expect(turnOf(prompt('u', 1, { turn: 'odd' }))).toBeNull();
  });
});

describe('text that grows', () => {
  const line = fc.constantFrom(
    '',
    'a',
    '- b',
    '  c',
    '```',
    '```ts',
    '~~~',
    '> d',
    '1. e',
    '# f',
    '    ```',
  );
  const text = fc.array(line, { maxLength: 30 }).map((lines) => lines.join('\n'));

  it('is cut as if it had come at once', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(40), { maxLength: 20 }), (whole, steps) => {
        let split: Split = { text: '', blocks: [''] };
        let at = 0;
        for (const step of [...steps, whole.length]) {
          at = Math.min(whole.length, at + step);
          split = growBlocks(split, whole.slice(0, at));
        }
        expect(split.blocks).toEqual(splitBlocks(whole));
        expect(split.blocks.join('\n')).toBe(whole);
      }),
    );
  });

  it.each([
    ['closed', '```ts\na\n\nb\n```\n', { code: 'a\n\nb', language: 'ts' }],
    ['open', '~~~\na', { code: 'a', language: '' }],
    ['empty', '```sh', { code: '', language: 'sh' }],
    ['longer than what is in it', '````\n```\n````', { code: '```', language: '' }],
    ['code in a line', '```a``` b', null],
    ['text', 'a\n```', null],
  ])('knows a fence that is %s', (_name, block, code) => expect(fencedCode(block)).toEqual(code));

  it('cuts fences from the text around them', () => {
    expect(splitBlocks('a\n```\nb\n```\nc')).toEqual(['a', '```\nb\n```', 'c']);
  });

  it('is shown in pieces of whole lines that stay where they are', () => {
    const output = fc.array(fc.string({ maxLength: 900 }), { minLength: 20, maxLength: 80 });
    fc.assert(
      fc.property(output, fc.nat(70_000), (lines, cut) => {
        const whole = lines.map((one) => one.replaceAll('\n', '')).join('\n');
        const pieces = piecesOf(whole);
        expect(pieces.join('\n')).toBe(whole);
        const before = piecesOf(whole.slice(0, cut));
        expect(pieces.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
      }),
      { numRuns: 30 },
    );
    expect(piecesOf('x'.repeat(PIECE_CHARS * 2))).toHaveLength(1);
  });
});

describe('one message into many', () => {
  const all = many(1, 5);

  it('is added at the end, replaces what is older, and leaves what is newer', () => {
    const next = message({ id: 'm6', seq: 6 });
    expect(mergeMessages(all, [next])).toEqual([...all, next]);
    const third = { ...(all[2] as MessageResponse), rev: 9, text: 'new' };
    expect(mergeMessages(all, [third])[2]).toBe(third);
    expect(mergeMessages(all, [{ ...third, rev: 0 }])).toBe(all);
    expect(mergeMessages(all.toSpliced(1, 1), [all[1] as MessageResponse])).toEqual(all);
  });

  it('grows without touching another', () => {
    const streaming = all.with(4, { ...(all[4] as MessageResponse), text: 'ab', streaming: true });
    const after = appendText(streaming, { message_id: 'm5', at: 2, text: 'c' });
    expect(after?.[4]?.text).toBe('abc');
    expect(after?.slice(0, 4).every((one, index) => one === streaming[index])).toBe(true);
  });
});

it('links to a message, and reads what a link names', () => {
  const place = { origin: 'http://127.0.0.1:1', pathname: '/projects/p/sessions/s' };
  expect(linkTo(place, 'a b')).toBe('http://127.0.0.1:1/projects/p/sessions/s#m-a%20b');
  expect(linkedId('#m-a%20b')).toBe('a b');
  for (const hash of ['', '#m-', '#other', '#m-%E0%A4%A']) expect(linkedId(hash)).toBeNull();
});

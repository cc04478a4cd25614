import { describe, expect, it } from 'vitest';
import { changedSessions } from '@/shared/rows/changed';
import type { SessionResponse } from '@/shared/websocket';
import { session, withSessions } from '@/test/rows';
import { addNews, holds, type News, newsOf } from './news';
import { notesOf, sessionTag, SUMMARY_TAG } from './notes';
import { chosen, defaultSettings, parseLevels, parseSettings, wants } from './settings';
import { standingOf } from './standing';

type Fields = Partial<SessionResponse>;
const waits: Fields = { state: 'working', waiting_for: 'permission', waiting_since: 't1' };
const works: Fields = { state: 'working' };
const failed: Fields = { state: 'error', error_message: 'exit 1' };
const rows = (...fields: Fields[]) => [
  withSessions({ name: 'P' }, ...fields.map((one, at) => session({ id: `s${at}`, ...one }))),
];
const change = (was: Fields | null, row: Fields) => [
  { was: was ? session({ id: 's0', ...was }) : undefined, row: session({ id: 's0', ...row }) },
];

describe('changed rows', () => {
  it('are found by identity, also where the order or the project is another', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => session({ id })) as [
      SessionResponse,
      SessionResponse,
      SessionResponse,
    ];
    const newer = { ...b, rev: 2 };
    const before = [withSessions({ id: 'p1' }, a, b), withSessions({ id: 'p2' }, c)];
    const after = [withSessions({ id: 'p2' }, newer, c), withSessions({ id: 'p1' }, a)];
    expect(changedSessions(before, after)).toEqual([{ was: b, row: newer }]);
    expect(changedSessions(before, before)).toEqual([]);
    const fresh = session({ id: 'd' });
    const added = [withSessions({ id: 'p1' }, fresh, a, b), before[1]] as typeof before;
    expect(changedSessions(before, added)).toEqual([{ was: undefined, row: fresh }]);
  });
});

describe('news', () => {
  it.each<[string, Fields | null, Fields, string | null]>([
    ['a turn ended', works, {}, 'finished'],
    ['a turn ended, and the queue goes on', works, { queue_length: 1 }, null],
    ['a turn began', {}, works, null],
    ['it was idle, and is', {}, { pinned_at: 't' }, null],
    ['a turn came and went between two looks', {}, { last_seq: 4 }, 'finished'],
    ['a turn came, and the queue goes on', {}, { last_seq: 4, queue_length: 1 }, null],
    ['it ended, and was read on another device', works, { last_seq: 4, read_seq: 4 }, null],
    ['it had failed, and does again', failed, { ...failed, last_seq: 4 }, 'failed'],
    ['it had failed, and a turn ended', failed, { last_seq: 4 }, 'finished'],
    ['a turn failed', works, failed, 'failed'],
    ['it had failed before', failed, { ...failed, read_seq: 3 }, null],
    ['it asks', works, waits, 'needs_you'],
    [
      'it asks, to a prompt that was sent elsewhere',
      {},
      { ...waits, last_seq: 4, read_seq: 4 },
      'needs_you',
    ],
    ['it still asks', waits, { ...waits, last_seq: 5 }, null],
    ['it asks for something else', waits, { ...waits, waiting_since: 't2' }, 'needs_you'],
    ['it was answered', waits, works, null],
    ['it came with a request', null, waits, 'needs_you'],
    ['it came failed', null, failed, 'failed'],
    ['it came idle', null, {}, null],
    ['it is archived', works, { archived_at: 't' }, null],
  ])('%s', (_what, was, row, kind) => {
    expect(newsOf(change(was, row)).map((one) => one.kind)).toEqual(kind ? [kind] : []);
  });

  it('of one session only the newest are kept', () => {
    const [finished, asks] = [newsOf(change(works, {})), newsOf(change(works, waits))];
    expect(addNews(finished, asks)).toEqual(asks);
  });

  it.each<[string, Fields, Fields, boolean]>([
    ['nothing came since', {}, {}, true],
    ['it works again', {}, works, false],
    ['a prompt was queued', {}, { queue_length: 1 }, false],
    ['it was read elsewhere', { last_seq: 4, read_seq: 2 }, { last_seq: 4, read_seq: 4 }, false],
    ['nothing was to be read', { last_seq: 4, read_seq: 4 }, { last_seq: 4, read_seq: 4 }, true],
    ['it was archived', {}, { archived_at: 't' }, false],
    ['it was answered', waits, works, false],
    ['it asks for something else', waits, { ...waits, waiting_since: 't2' }, false],
    ['it still asks', waits, waits, true],
    ['it still has failed', failed, failed, true],
  ])('hold: %s', (_what, then, now, expected) => {
    const [news] = newsOf(change({ ...works, read_seq: then.read_seq ?? 0 }, then)) as [News];
    expect(holds(news, rows(now))).toBe(expected);
  });

  it('of a deleted session do not hold', () => {
    const [news] = newsOf(change(works, {})) as [News];
    expect(holds(news, rows())).toBe(false);
  });
});

describe('notes', () => {
  const many = (...fields: Fields[]) =>
    fields.flatMap((one, at) =>
      newsOf([{ was: session({ state: 'working' }), row: session({ id: `s${at}`, ...one }) }]),
    );

  it('name the session, what it is, and where', () => {
    const news = many({ name: 'Fix it', ...failed, error_message: 'exit 1\nmore' }, waits);
    expect(notesOf(news, rows())).toMatchObject([
      { tag: sessionTag('s0'), title: 'Fix it failed', body: 'exit 1\nP' },
      { tag: sessionTag('s1'), title: 'Session needs you', body: 'It asks for a permission.\nP' },
    ]);
    expect(notesOf(news, rows())[0]?.path).toBe('/projects/p1/sessions/s0');
  });

  it('are one where many come at once, which leads to the most urgent', () => {
    const notes = notesOf(many({}, {}, waits, {}, failed), rows());
    expect(notes).toMatchObject([
      { tag: SUMMARY_TAG, title: '5 sessions have news', path: '/projects/p1/sessions/s2' },
    ]);
    expect(notes[0]?.body).toBe('1 needs you, 1 failed, 3 finished');
  });
});

describe('settings', () => {
  const silent = { ...defaultSettings, notify: { needs_you: true, failed: false, finished: true } };

  it.each([
    ['default', 'notify', 'finished', true],
    ['default', 'notify', 'failed', false],
    ['default', 'sound', 'finished', false],
    ['all', 'notify', 'failed', true],
    ['all', 'sound', 'failed', false],
    ['needs_you', 'notify', 'needs_you', true],
    ['needs_you', 'notify', 'finished', false],
    ['none', 'notify', 'needs_you', false],
  ] as const)('%s: %s of %s', (level, channel, kind, expected) => {
    expect(wants(silent, level, channel, kind)).toBe(expected);
  });

  it('choose the most urgent sound, once', () => {
    const loud = { ...silent, sound: { needs_you: true, failed: true, finished: true } };
    const news = [...newsOf(change(works, {})), ...newsOf(change(works, failed))];
    expect(chosen(news, loud, () => 'default').sound).toBe('failed');
    expect(chosen(news, loud, () => 'none')).toEqual({ notify: [], sound: null });
    expect(chosen(news, silent, () => 'default').notify.map(({ kind }) => kind)).toEqual([
      'finished',
    ]);
  });

  it.each([null, '', '{', '[]', '{"notify":7}', '{"notify":{"failed":"yes"}}'])(
    'are as by default where %j is stored',
    (text) => expect(parseSettings(text)).toEqual(defaultSettings),
  );

  it('keep what is stored, and only what is known', () => {
    expect(parseSettings('{"sound":{"failed":true}}').sound.failed).toBe(true);
    expect([...parseLevels('{"a":"none","b":"loud","c":"default","d":"all"}')]).toEqual([
      ['a', 'none'],
      ['d', 'all'],
    ]);
  });
});

describe('the tab', () => {
  const unread = { last_seq: 2 };
  it.each<[string, Fields[], number, string]>([
    ['nothing', [{}], 0, 'idle'],
    ['one works', [{}, { ...works, ...unread }], 0, 'working'],
    ['one is done', [works, unread], 1, 'done'],
    ['one failed', [{ ...failed, ...unread }, unread], 2, 'failed'],
    ['a failure that was read', [failed], 0, 'idle'],
    ['one needs somebody', [{ ...failed, ...unread }, waits, works], 2, 'needs_you'],
    ['archived', [{ ...waits, archived_at: 't' }], 0, 'idle'],
  ])('%s', (_what, fields, count, icon) => {
    expect(standingOf(rows(...fields), null, () => 'default')).toEqual({ count, icon });
  });

  it('does not count what is looked at, or muted', () => {
    const all = rows(waits, unread);
    expect(standingOf(all, 's0', () => 'default')).toEqual({ count: 1, icon: 'done' });
    expect(standingOf(all, null, () => 'none')).toEqual({ count: 0, icon: 'idle' });
    expect(standingOf(all, null, () => 'needs_you')).toEqual({ count: 1, icon: 'needs_you' });
  });
});

// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SessionResponse } from '@/shared/websocket';
import { session, withSessions } from '@/test/rows';
import { AttentionWatch, SETTLE_MS } from './attention-watch';
import type { Note } from './notes';
import { defaultSettings, type Level } from './settings';

type Fields = Partial<SessionResponse>;
let shown: Note[], closed: string[], played: string[], elsewhere: string[], level: Level;
let watch: AttentionWatch;
const sound = { needs_you: true, failed: true, finished: true };

const rows = (...fields: Fields[]) => [
  withSessions({}, ...fields.map((one, at) => session({ id: `s${at}`, ...one }))),
];
const works: Fields = { state: 'working' };
const waits: Fields = { state: 'working', waiting_for: 'question', waiting_since: 't1' };
const settle = () => vi.advanceTimersByTimeAsync(SETTLE_MS);
const tags = () => shown.map(({ tag }) => tag.replace('muster:', ''));

beforeEach(() => {
  vi.useFakeTimers();
  [shown, closed, played, elsewhere, level] = [[], [], [], [], 'default'];
  watch = new AttentionWatch({
    settings: () => ({ ...defaultSettings, sound }),
    levelOf: () => level,
    viewedAnywhere: async () => new Set(elsewhere),
    show: (note) => {
      shown.push(note);
      return () => closed.push(note.tag);
    },
    play: (kind) => played.push(kind),
  });
  watch.lead();
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

it('says nothing of the first rows, and one thing of each later change', async () => {
  watch.take(rows(waits, works));
  await settle();
  expect(shown).toEqual([]);
  watch.take(rows(waits, {}));
  await settle();
  expect(tags()).toEqual(['session:s1']);
  expect(played).toEqual(['finished']);
});

it('says nothing of what went on, was answered or was read before it settled', async () => {
  watch.take(rows(works, works, { ...works, last_seq: 3 }));
  watch.take(rows({}, waits, { last_seq: 3 }));
  watch.take(rows(works, works, { last_seq: 3, read_seq: 3 }));
  await settle();
  expect([shown, played]).toEqual([[], []]);
});

it('says nothing of the session that is looked at, here or in another tab', async () => {
  watch.take(rows(works, works, works));
  watch.view('s0');
  elsewhere = ['s1'];
  watch.take(rows({}, {}, {}));
  await settle();
  expect(tags()).toEqual(['session:s2']);
});

it('is one summary after a reconnect, however many changed', async () => {
  watch.take(rows(works, works, works, works));
  watch.take(rows({}, {}, waits, {}));
  await settle();
  expect(shown).toMatchObject([{ title: '4 sessions have news', body: '1 needs you, 3 finished' }]);
  expect(played).toEqual(['needs_you']);
});

it('closes what was answered, read, looked at or deleted', async () => {
  watch.take(rows(works, works));
  watch.take(rows(waits, { last_seq: 2 }));
  await settle();
  expect(shown).toHaveLength(2);
  watch.take(rows(works, { last_seq: 2 }));
  expect(closed).toEqual(['muster:session:s0']);
  watch.view('s1');
  expect(closed).toEqual(['muster:session:s0', 'muster:session:s1']);
  watch.view(null);
  watch.take(rows(waits, {}));
  await settle();
  watch.take(rows());
  expect(closed).toHaveLength(3);
});

it('is silent where the session is muted, and in a tab that does not speak', async () => {
  level = 'none';
  watch.take(rows(works));
  watch.take(rows({}));
  await settle();
  level = 'default';
  watch.stop();
  watch.take(rows(works));
  watch.take(rows({}));
  await settle();
  expect([shown, played]).toEqual([[], []]);
});

it('leads where the click is to go', async () => {
  const show = vi.fn((_note: Note, open: (path: string) => void) => {
    open(_note.path);
    return () => undefined;
  });
  const open = vi.fn();
  const other = new AttentionWatch({
    settings: () => defaultSettings,
    levelOf: () => 'default',
    viewedAnywhere: async () => new Set(),
    show,
    play: vi.fn(),
  });
  other.openBy(open);
  other.lead();
  other.take(rows(works));
  other.take(rows({}));
  await settle();
  expect(open).toHaveBeenCalledExactlyOnceWith('/projects/p1/sessions/s0');
});

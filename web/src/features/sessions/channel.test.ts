// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  MessageResponse,
  PermissionRequest,
  SessionEvent,
  SubscribeSuccessData,
} from '@/shared/websocket';
import { message, permission, session } from '@/test/rows';
import { applyOlder, applySessionEvent, type SessionDetail } from './channel';

const reply = (fields: Partial<SubscribeSuccessData>): SubscribeSuccessData => ({
  ...{ sessionId: 's1', epoch: 'e', rev: 10, mode: 'snapshot', session: session() },
  ...{ messages: [], has_older: false, queue: [], permissions: [] },
  ...fields,
});
const joined = (fields: Partial<SubscribeSuccessData>): SessionEvent => ({
  type: 'subscribe_success',
  data: reply(fields),
});
const open = (...messages: MessageResponse[]) =>
  applySessionEvent(undefined, joined({ messages })) as SessionDetail;
const chunk = (at: number, text: string, id = 'm1'): SessionEvent => ({
  type: 'stream_output',
  data: { sessionId: 's1', message_id: id, at, text },
});
const added = (fields: Partial<MessageResponse>): SessionEvent => ({
  type: 'message_added',
  data: { sessionId: 's1', message: message(fields) },
});
const run = (detail: SessionDetail | undefined, ...events: SessionEvent[]) =>
  events.reduce(applySessionEvent, detail) as SessionDetail;

describe('streaming', () => {
  const streaming = () => open(message({ streaming: true, text: 'ab😀' }));

  it('appends what fits, counting UTF-16 code units', () => {
    expect(run(streaming(), chunk(4, 'c'), chunk(5, 'd')).messages[0]?.text).toBe('ab😀cd');
  });

  it.each([
    ['text that came with an answer already', chunk(2, '😀')],
    ['nothing', chunk(4, '')],
  ])('ignores %s', (_name, event) => {
    const before = streaming();
    expect(run(before, event).messages[0]?.text).toBe('ab😀');
    expect(run(before, event).gap).toBe(false);
  });

  it.each([
    ['a piece is missing before it', chunk(6, 'x')],
    ['what is here is something else', chunk(1, 'x')],
    ['the message is unknown', chunk(0, 'x', 'm9')],
  ])('asks when %s', (_name, event) => {
    const after = run(streaming(), event);
    expect(after).toMatchObject({ gap: true });
    expect(after.messages[0]?.text).toBe('ab😀');
  });

  it('lets the final form replace what was streamed, once', () => {
    const final = added({ text: 'final', rev: 11 });
    const after = run(streaming(), final, final, chunk(5, 'late'));
    expect(after.messages).toEqual([message({ text: 'final', rev: 11 })]);
    expect(after.gap).toBe(false);
  });
});

describe('messages', () => {
  it('keeps them in the order of seq, each id once', () => {
    const after = run(
      open(),
      added({ id: 'b', seq: 2 }),
      added({ id: 'a', seq: 1 }),
      added({ id: 'b', seq: 2 }),
    );
    expect(after.messages.map((one) => one.id)).toEqual(['a', 'b']);
  });

  it('does not take an older form of a message', () => {
    const after = run(open(message({ text: 'new', rev: 9 })), added({ text: 'old', rev: 8 }));
    expect(after.messages[0]?.text).toBe('new');
  });

  it('puts older pages in front, and only where they belong', () => {
    const detail = run(
      undefined,
      joined({ messages: [message({ id: 'm5', seq: 5 })], has_older: true }),
    );
    const page = { messages: [message({ id: 'm4', seq: 4 })], has_older: false };
    expect(applyOlder(detail, page, 5)).toMatchObject({
      hasOlder: false,
      messages: [{ id: 'm4' }, { id: 'm5' }],
    });
    expect(applyOlder(detail, page, 4)).toBe(detail);
  });
});

describe('answers', () => {
  const five = () => open(message({ id: 'm5', seq: 5, rev: 5 }));

  it('merges a delta by id', () => {
    const messages = [
      message({ id: 'm5', seq: 5, rev: 6, text: 'changed' }),
      message({ id: 'm6', seq: 6 }),
    ];
    const after = run({ ...five(), gap: true }, joined({ mode: 'delta', rev: 12, messages }));
    expect(after).toMatchObject({ gap: false, rev: 12, seq: 6 });
    expect(after.messages.map((one) => one.text)).toEqual(['changed', '']);
  });

  it.each<[string, Partial<SubscribeSuccessData>]>([
    ['a snapshot', { mode: 'snapshot' }],
    ['another epoch', { mode: 'delta', epoch: 'f' }],
    ['a delta that does not reach back', { mode: 'delta', has_older: true }],
  ])('replaces everything by %s', (_name, fields) => {
    const after = run(five(), joined({ messages: [message({ id: 'm9', seq: 9 })], ...fields }));
    expect(after.messages.map((one) => one.id)).toEqual(['m9']);
  });

  it('does not move on while a gap is open', () => {
    const gapped = { ...five(), gap: true };
    expect(run(gapped, added({ id: 'm8', seq: 8, rev: 20 }))).toMatchObject({ seq: 5, rev: 10 });
  });
});

describe('permissions', () => {
  const [one, two] = [permission(), permission({ id: 'r2', tool: 'Write' })];
  const requested = (asked = one): SessionEvent => ({
    type: 'permission_requested',
    data: { sessionId: 's1', permission: asked },
  });
  const resolved = (id: string): SessionEvent => ({
    type: 'permission_resolved',
    data: { sessionId: 's1', id, decision: 'allow' },
  });
  const asked = (...permissions: PermissionRequest[]) => run(undefined, joined({ permissions }));

  it.each<[string, PermissionRequest[], SessionEvent[], string[]]>([
    ['a request', [], [requested()], ['r1']],
    ['a second one behind it', [one], [requested(two)], ['r1', 'r2']],
    ['the same one twice', [], [requested(), requested()], ['r1']],
    ['one that the join brought already', [one], [requested()], ['r1']],
    ['an answer', [one, two], [resolved('r1')], ['r2']],
    ['an answer twice', [one], [resolved('r1'), resolved('r1')], []],
    ['an answer to one that is unknown', [one], [resolved('r9')], ['r1']],
    ['a snapshot without it', [one], [joined({ permissions: [two] })], ['r2']],
    ['a delta without it', [one], [joined({ mode: 'delta', permissions: [two] })], ['r2']],
    ['"current" without it', [one], [joined({ mode: 'current', permissions: [] })], []],
    [
      'a sync that was pushed',
      [one],
      [{ type: 'sync', data: reply({ mode: 'delta', since: 10, permissions: [two] }) }],
      ['r2'],
    ],
  ])('%s', (_name, before, events, ids) => {
    const after = run(asked(...before), ...events);
    expect(after.permissions.map(({ id }) => id)).toEqual(ids);
    expect(after.gap).toBe(false);
  });

  it('returns the same object for what changes nothing', () => {
    const before = asked(one);
    expect(run(before, requested(), resolved('r9'))).toBe(before);
    expect(applySessionEvent(undefined, requested())).toBeUndefined();
  });
});

describe('a newer version of a message older than the first one here', () => {
  const at = (seq: number, fields: object = {}) => message({ id: `m${seq}`, seq, ...fields });
  const late = () =>
    run(undefined, joined({ mode: 'snapshot', has_older: true, messages: [at(8), at(9)] }));
  const ids = (detail: SessionDetail | undefined) => detail?.messages.map(({ id }) => id);

  it('waits for its page, and leaves no hole', () => {
    const told = run(late(), added(at(2, { rev: 30, text: 'new' })));
    expect(ids(told)).toEqual(['m8', 'm9']);
    expect(told.rev).toBe(30);
    const page = { messages: [5, 6, 7].map((seq) => at(seq)), has_older: true };
    const more = applyOlder(told, page, 8);
    expect(ids(more)).toEqual(['m5', 'm6', 'm7', 'm8', 'm9']);
    const rest = { messages: [1, 2, 3, 4].map((seq) => at(seq)), has_older: false };
    const all = applyOlder(more, rest, 5);
    expect(all?.messages[1]).toMatchObject({ id: 'm2', text: 'new' });
    expect(all?.early).toEqual([]);
  });

  it('so does one that a delta brings', () => {
    const told = run(late(), joined({ mode: 'delta', messages: [at(2, { rev: 30 })] }));
    expect(ids(told)).toEqual(['m8', 'm9']);
  });
});

describe('the row', () => {
  const update = (fields: object): SessionEvent => ({
    type: 'session_updated',
    data: { sessionId: 's1', rev: 11, prev: 10, ...fields },
  });

  it('shows a gap, and remembers which seq was promised', () => {
    expect(run(open(), update({ prev: 9, last_seq: 4 }))).toMatchObject({
      rev: 11,
      lastSeq: 4,
      gap: false,
    });
    expect(run(open(), update({ rev: 14, prev: 12 }))).toMatchObject({ rev: 10, gap: true });
    expect(run(open(), { type: 'head', data: { rev: 12 } }).gap).toBe(true);
  });

  it('returns the same object for what changes nothing', () => {
    const before = open();
    expect(run(before, update({ rev: 10, prev: 8 }))).toBe(before);
    expect(run(before, { type: 'head', data: { rev: 10 } })).toBe(before);
    expect(applySessionEvent(undefined, chunk(0, 'x'))).toBeUndefined();
  });
});

it('has the whole text in the end, whatever pieces are lost or come twice', () => {
  const pieces = fc.array(
    fc.tuple(fc.string({ unit: 'grapheme' }), fc.constantFrom('once', 'twice', 'lost', 'sync')),
  );
  fc.assert(
    fc.property(pieces, (all) => {
      let detail = open(message({ streaming: true }));
      let text = '';
      const answer = () =>
        joined({ mode: 'delta', messages: [message({ streaming: true, text })] });
      for (const [piece, fate] of all) {
        const event = chunk(text.length, piece);
        text += piece;
        if (fate === 'sync') detail = run(detail, answer());
        if (fate !== 'lost') detail = run(detail, event);
        if (fate === 'twice') detail = run(detail, event);
        if (detail.gap) detail = run(detail, answer());
      }
      detail = run(detail, added({ text, rev: 2 }));
      expect(detail.messages).toEqual([message({ text, rev: 2 })]);
    }),
  );
});

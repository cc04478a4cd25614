// @vitest-environment node
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Inbox } from '@/shared/inbox/inbox';
import { withoutRequest } from '@/shared/inbox/inbox';
import type { InboxEvent, PermissionRequest } from '@/shared/websocket';
import { permission } from '@/test/rows';
import { applyInboxEvent } from './channel';

const actions = [
  'ask',
  'ask',
  'answer',
  'deliver',
  'deliver',
  'twice',
  'cut',
  'join',
  'late',
] as const;
const steps = fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(20)), { maxLength: 80 });

type Frame = { join: Inbox } | { event: InboxEvent };

/** A server that knows what waits, a connection in order that may be cut, and the page behind it. */
class Model {
  open: PermissionRequest[] = [];
  view: Inbox | undefined;
  private wire: Frame[] = [];
  private joined = false;
  private asked = 0;

  run(action: (typeof actions)[number], pick: number): void {
    const one = this.open[pick % Math.max(1, this.open.length)];
    if (action === 'ask') this.ask(pick);
    if (action === 'answer' && one) this.answer(one);
    if (action === 'deliver') this.deliver();
    if (action === 'twice') this.deliver(true);
    if (action === 'cut') this.cut();
    if (action === 'join') this.join();
    // An answer was refused, since another one was first: the page takes the request away itself.
    if (action === 'late' && one) {
      this.answer(one);
      this.view = withoutRequest(this.view, one.session_id, one.id);
    }
  }

  settle(): void {
    this.join();
    while (this.wire.length > 0) this.deliver();
  }

  private ask(pick: number): void {
    // Agents count for themselves: the same id is in use in several sessions.
    const id = `r${Math.floor((this.asked += 1) / 3)}`;
    const asked = permission({ id, session_id: `s${this.asked % 3}`, tool: `tool ${pick}` });
    this.open = [...this.open, asked];
    this.push({
      type: 'permission_requested',
      data: { sessionId: asked.session_id, permission: asked },
    });
  }

  private answer({ session_id: sessionId, id }: PermissionRequest): void {
    this.open = this.open.filter((one) => one.session_id !== sessionId || one.id !== id);
    this.push({ type: 'permission_resolved', data: { sessionId, id, decision: 'allow' } });
  }

  private push(event: InboxEvent): void {
    if (this.joined) this.wire.push({ event });
  }

  private cut(): void {
    this.joined = false;
    this.wire = [];
  }

  private join(): void {
    if (this.joined) return;
    this.joined = true;
    this.wire = [{ join: this.open }];
  }

  private deliver(keep = false): void {
    const frame = this.wire[0];
    if (!frame) return;
    if (!keep || 'join' in frame) this.wire.shift();
    this.view = 'join' in frame ? frame.join : applyInboxEvent(this.view, frame.event);
  }
}

it('ends with what the server has open, whatever is lost with a connection or comes twice', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      for (const [action, pick] of all) {
        model.run(action, pick);
        const keys = (model.view ?? []).map((one) => `${one.session_id}/${one.id}`);
        expect(new Set(keys).size).toBe(keys.length);
      }
      model.settle();
      expect(model.view).toEqual(model.open);
    }),
    { numRuns: 2000 },
  );
});

it('leaves the list itself where an event changes nothing', () => {
  const inbox = [permission()];
  const again: InboxEvent = {
    type: 'permission_requested',
    data: { sessionId: 's1', permission: permission() },
  };
  const other: InboxEvent = {
    type: 'permission_resolved',
    data: { sessionId: 's2', id: 'r1', decision: null },
  };
  expect(applyInboxEvent(inbox, again)).toBe(inbox);
  expect(applyInboxEvent(inbox, other)).toBe(inbox);
  expect(applyInboxEvent(undefined, again)).toBeUndefined();
});

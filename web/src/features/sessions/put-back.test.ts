import { QueryClient } from '@tanstack/react-query';
import { beforeEach, expect, it, vi } from 'vitest';
import { projectKeys } from '@/shared/rows/keys';
import { CallError, callSession, type SessionState } from '@/shared/websocket';
import type * as WebSocketModule from '@/shared/websocket';
import { queued, session, withSessions } from '@/test/rows';
import { drafts, sessionDraft } from './drafts';
import { putBack } from './put-back';

vi.mock('@/shared/websocket', async (load) => ({
  ...(await load<typeof WebSocketModule>()),
  callSession: vi.fn(),
}));
const call = vi.mocked(callSession);
const calls = () => call.mock.calls.map(([, , event, payload]) => [event, payload]);
const draft = () => drafts.get(sessionDraft('s1'));

function undo(state: SessionState) {
  const client = new QueryClient();
  client.setQueryData(projectKeys.withSessions(), [withSessions({}, session({ state }))]);
  return putBack(client, 's1', queued({ text: 'next', images: ['i'] }), 2);
}

beforeEach(() => {
  call.mockReset();
  drafts.clear(sessionDraft('s1'));
});

it('a removed prompt waits again where it stood', async () => {
  call.mockResolvedValue({ id: 'x', queued: true });
  await undo('working');
  const id = expect.any(String);
  expect(calls()).toEqual([
    ['send_message', { id, text: 'next', images: ['i'] }],
    ['edit_queue', { id, position: 2 }],
  ]);
  expect(draft().text).toBe('');
});

it('where nothing runs any more it is in the composer, and begins no turn', async () => {
  await undo('idle');
  expect(call).not.toHaveBeenCalled();
  expect(draft()).toMatchObject({ text: 'next', images: [{ id: 'i' }] });
  expect(draft().problem).toContain('the turn has ended since');
});

it('that was refused is in the composer, with the reason', async () => {
  call.mockRejectedValue(new CallError('QUEUE_FULL', 'The queue is full.'));
  await undo('working');
  expect(draft()).toMatchObject({ text: 'next', problem: 'The queue is full.' });
});

it.each([
  ['was sent at once', { id: 'x', queued: false }, 1],
  ['has left the queue since', { id: 'x', queued: true }, 2],
])('that %s is not doubled', async (_what, reply, count) => {
  call.mockResolvedValueOnce(reply).mockRejectedValue(new CallError('PROMPT_NOT_QUEUED', 'Gone.'));
  await undo('working');
  expect(call).toHaveBeenCalledTimes(count);
  expect(draft().text).toBe('');
});

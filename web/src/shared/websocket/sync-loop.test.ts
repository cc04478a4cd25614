// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EventBus } from './event-bus';
import { CallError, SyncLoop } from './index';

const reconnect = vi.fn();
const onAnswer = vi.fn();
let joined: boolean;
let answers: { resolve: (reply: string) => void; reject: (error: Error) => void }[];
const status = { lost: vi.fn(), verified: vi.fn() };

function loop() {
  const bus = { isJoined: () => joined, lastHeard: () => 0, reconnect, status };
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      answers.push({ resolve, reject });
    });
  return new SyncLoop({ bus: bus as unknown as EventBus, channel: 'projects', ask, onAnswer });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  joined = true;
  answers = [];
});
afterEach(() => vi.useRealTimers());

it('asks one question at a time', async () => {
  const one = loop();
  one.request();
  one.request();
  expect(answers).toHaveLength(1);
  answers[0]?.resolve('rows');
  await vi.advanceTimersByTimeAsync(0);
  expect(onAnswer).toHaveBeenCalledWith('rows');
  one.request();
  expect(answers).toHaveLength(2);
});

it('replaces a connection on which nobody answers', async () => {
  loop().request();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(reconnect).toHaveBeenCalledTimes(1);
});

it('forgets its question with the connection, and asks anew on the next', async () => {
  const one = loop();
  one.request();
  one.lost();
  one.request();
  expect(answers).toHaveLength(2);
  answers[0]?.resolve('old');
  answers[1]?.resolve('new');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(onAnswer.mock.calls).toEqual([['new']]);
  expect(reconnect).not.toHaveBeenCalled();
});

it('is quiet where it is not joined, or refused', async () => {
  const one = loop();
  joined = false;
  one.request();
  expect(answers).toHaveLength(0);
  joined = true;
  one.request();
  answers[0]?.reject(new CallError('INTERNAL', 'no'));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(onAnswer).not.toHaveBeenCalled();
  expect(reconnect).not.toHaveBeenCalled();
});

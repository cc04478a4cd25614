// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { message, session, withSessions } from '@/test/rows';
import { announcements } from './announce';
import { stripAnsi } from './ansi';
import { badgeOf, isUnread } from './badge';
import { splitBlocks } from './blocks';
import { hintFor } from './hints';
import { inputParts } from './permissions';
import { decisionText, toolCall } from './tool';

describe('badge', () => {
  it.each([
    ['idle', session(), null],
    ['working', session({ state: 'working' }), 'Processing'],
    ['error', session({ state: 'error', error_message: 'why' }), 'Error'],
    [
      'waiting while working',
      session({ state: 'working', waiting_for: 'permission' }),
      'Needs you',
    ],
    ['waiting for an answer', session({ state: 'working', waiting_for: 'question' }), 'Needs you'],
  ])('%s', (_name, row, label) => expect(badgeOf(row)?.label ?? null).toBe(label));

  it('has the reason of an error', () => {
    expect(badgeOf(session({ state: 'error', error_message: 'exit 1' }))?.reason).toBe('exit 1');
    expect(badgeOf(session({ state: 'error' }))?.reason).toBe('No reason was given.');
  });

  it('knows what is unread', () => {
    expect(isUnread(session({ last_seq: 3, read_seq: 2 }))).toBe(true);
    expect(isUnread(session({ last_seq: 3, read_seq: 3 }))).toBe(false);
  });
});

it('announces changes of state, and nothing else', () => {
  const was = session({ state: 'working', name: 'Fix' });
  const before = [withSessions({}, was)];
  const after = (row: typeof was) => announcements(before, [withSessions({}, row)]);
  expect(after({ ...was, state: 'idle' })).toEqual(['Fix: finished']);
  expect(after({ ...was, state: 'error', error_message: 'no' })).toEqual(['Fix: error. no']);
  expect(after({ ...was, last_seq: 9 })).toEqual([]);
  expect(announcements(before, before)).toEqual([]);
});

it.each([
  ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
  ['a title', '\u001b]0;title\u0007text', 'text'],
  ['a progress line', '10%\r20%\r100%\ndone', '100%\ndone'],
  ['Windows line ends', 'a\r\nb', 'a\nb'],
  ['a bell', 'a\u0007b', 'ab'],
  ['plain text', 'a [1] b\tc\n', 'a [1] b\tc\n'],
])('strips %s', (_name, text, plain) => expect(stripAnsi(text)).toBe(plain));

describe('blocks', () => {
  it.each([
    ['paragraphs', 'a\n\nb', ['a\n', 'b']],
    ['a fence with blank lines', '```c\na\n\nb\n```\n\nc', ['```c\na\n\nb\n```\n', 'c']],
    ['a list', '- a\n\n- b\n\n  more\n\nend', ['- a\n\n- b\n\n  more\n', 'end']],
    ['an open fence', '```\na\n\nb', ['```\na\n\nb']],
  ])('keeps %s together', (_name, text, blocks) => expect(splitBlocks(text)).toEqual(blocks));

  it('loses nothing', () => {
    const text = 'a\n\n\n~~~\n```\n~~~\n\n> q\n\n> r\n\nx';
    expect(splitBlocks(text).join('\n')).toBe(text);
  });
});

describe('tool calls', () => {
  it('shows what an agent gives', () => {
    const metadata = { tool: 'Bash', status: 'failed', input: { command: 'ls' }, output: 'no' };
    expect(toolCall(message({ kind: 'tool', text: 'Bash: list files', metadata }))).toEqual({
      ...{ name: 'Bash', title: 'list files', output: 'no', state: 'failed' },
    });
  });

  it('makes do with little', () => {
    const metadata = { tool: 'Read', status: 'running' };
    const call = { name: 'Read', title: '', output: '', state: 'running' };
    expect(toolCall(message({ kind: 'tool', text: 'Read', metadata }))).toEqual(call);
    expect(toolCall(message({ kind: 'tool', text: 'odd' }))).toMatchObject({
      name: 'Tool',
      title: 'odd',
    });
  });
});

it('knows what to do about an error', () => {
  expect(hintFor('exit 127: nonsense: not found')).toContain('PATH');
  expect(hintFor('API Error: 401 invalid x-api-key')).toContain('Sign the agent in');
  expect(
    hintFor('Fake error 401. Check the API key, or log in again; then send the message again.'),
  ).toBeNull();
  expect(hintFor('something else')).toContain('Send another message');
});

it('calls the answer to a question answered, and leave allowed', () => {
  const input = { questions: [{ question: 'Which colour?' }] };
  expect(decisionText({ decision: 'allow', input })?.text).toBe('Answered');
  expect(decisionText({ decision: 'deny', input })?.text).toBe('Dismissed');
  expect(decisionText({ decision: 'allow', input: { command: 'ls' } })?.text).toBe('Allowed');
});

it('leaves the changes of files out of what a tool is given: they are shown line by line', () => {
  expect(inputParts({ filepath: '/p/a', diffs: [] })).toEqual([['filepath', '/p/a']]);
});

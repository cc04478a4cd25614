// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { message } from '@/test/rows';
import { fenced, messageMarkdown, sessionMarkdown } from './markdown-export';
import { commandIn, toolInput } from './tool-input';

const names = { session: 'Fix\nit', agent: 'Claude Code', plain: false };
const turn = {
  started_at: '2026-01-01T00:00:00Z',
  ended_at: '2026-01-01T00:00:12Z',
  outcome: 'done',
  usage: { input_tokens: 1200, output_tokens: 340, cost_microusd: 130_000 },
};

it('writes a session with its speakers, calls, plans and turns', () => {
  const metadata = {
    ...{ tool: 'Bash', status: 'failed', decision: 'allow' },
    ...{ input: { command: 'make\nmake test' }, output: 'no rule\n' },
  };
  const steps = [
    { text: 'Read', status: 'completed' },
    { text: 'Write', status: 'pending' },
  ];
  const text = sessionMarkdown(
    [
      message({ id: 'u', seq: 1, kind: 'user', text: 'Make it', metadata: { turn } }),
      message({ id: 'h', seq: 2, kind: 'thinking', text: 'Well\nthen' }),
      message({ id: 't', seq: 3, kind: 'tool', text: 'Bash: make', metadata }),
      message({ id: 'p', seq: 4, kind: 'plan', metadata: { plan: steps } }),
      message({ id: 'a', seq: 5, text: 'Done.\n' }),
      message({ id: 'v', seq: 6, kind: 'user', text: 'Thanks' }),
      message({ id: 'n', seq: 7, kind: 'notice', text: 'Retried' }),
      message({ id: 'e', seq: 8, kind: 'error', text: 'It failed' }),
    ],
    names,
  );
  expect(text).toBe(`# Fix it

## You

Make it

## Claude Code

> Well
> then

**Bash**: \`make\` (failed, allowed)

\`\`\`sh
make
make test
\`\`\`

\`\`\`
no rule
\`\`\`

- [x] Read
- [ ] Write

Done.

*12s · 1.2k in · 340 out · $0.13*

## You

Thanks

## Claude Code

> Note: Retried

> **Error:** It failed
`);
});

describe('one record', () => {
  it('of the shell is a block of its output, without colours', () => {
    expect(messageMarkdown(message({ text: '\u001b[1mok\u001b[0m\n' }), true)).toBe('```\nok\n```');
    expect(messageMarkdown(message({ kind: 'user', text: 'ls' }), true)).toBe('```sh\nls\n```');
  });

  it('has its changes as a diff, and not again as input', () => {
    const input = { file_path: 'a.c', old_string: 'x', new_string: 'y' };
    const metadata = { tool: 'Edit', input, diffs: [{ path: 'a.c', old: 'x\n', new: 'y\n' }] };
    expect(messageMarkdown(message({ kind: 'tool', text: 'Edit: a.c', metadata }), false)).toBe(
      '**Edit**: `a.c`\n\n```diff\n--- a.c\n+++ a.c\n-x\n+y\n```',
    );
  });

  it('keeps a fence closed whatever is inside', () => {
    expect(fenced('```\na\n```', 'md')).toBe('````md\n```\na\n```\n````');
  });
});

describe('what a tool is given', () => {
  it('is told by the forms in which it is read best', () => {
    const input = {
      timeout: 5,
      description: 'Look',
      command: 'ls -l',
      nested: { a: 1 },
      none: null,
    };
    expect(toolInput(input)).toEqual([
      { label: 'Command', text: 'ls -l', form: 'command' },
      { label: 'What for', text: 'Look', form: 'inline' },
      { label: 'Timeout', text: '5', form: 'inline' },
      { label: 'Nested', text: '{\n  "a": 1\n}', form: 'json' },
    ]);
    expect(toolInput({ prompt: 'a\nb' })).toEqual([
      { label: 'Prompt', text: 'a\nb', form: 'text' },
    ]);
    expect(toolInput({ maxResults: 3 })[0]?.label).toBe('Max results');
  });

  it.each([
    [{ command: ['bash', '-lc', 'ls | wc'] }, 'ls | wc'],
    [{ command: ['git', 'commit', '-m', "it's"] }, `git commit -m 'it'\\''s'`],
    [{ cmd: 'pwd' }, 'pwd'],
    [{ path: 'x' }, null],
    ['text', null],
    [null, null],
  ])('%j runs %j', (input, command) => expect(commandIn(input)).toBe(command));

  it.each([
    ['text', [{ label: 'Input', text: 'text', form: 'text' }]],
    ['', []],
    [null, []],
    [[1], [{ label: 'Input', text: '[\n  1\n]', form: 'json' }]],
  ])('%j is shown too', (input, parts) => expect(toolInput(input)).toEqual(parts));
});

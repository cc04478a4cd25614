// @vitest-environment node
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesOf, editsOf } from './changes';
import { type Diff, diffPatch, diffTexts } from './diff';

const signs = { same: ' ', add: '+', del: '-', gap: '~' };
const short = ({ lines }: Diff) => lines.map(({ kind, text }) => signs[kind] + text);

describe('two texts', () => {
  it.each([
    ['a changed line', 'a\nb\nc\n', 'a\nB\nc\n', [' a', '-b', '+B', ' c']],
    ['a new line', 'a\nc', 'a\nb\nc', [' a', '+b', ' c']],
    ['a new file', '', 'a\nb\n', ['+a', '+b']],
    ['a deleted file', 'a\n', '', ['-a']],
    ['nothing', 'a\n', 'a\n', ['~1 unchanged']],
    ['the end alone', 'a\n', 'a', ['~Only the end of the last line changes']],
    ['line ends', 'a\r\nb\r\n', 'a\nb\r\n', ['-a\\u000d', '+a', ' b']],
    ['hidden characters', 'a', 'a\u202e', ['-a', '+a\\u202e']],
  ])('%s', (_name, old, now, lines) => expect(short(diffTexts(old, now))).toEqual(lines));

  it('leaves out what is far from any change, and says how much', () => {
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const now = lines.with(10, 'other');
    expect(short(diffTexts(lines.join('\n'), now.join('\n')))).toEqual([
      '~7 unchanged',
      ...[' line 7', ' line 8', ' line 9', '-line 10', '+other'],
      ...[' line 11', ' line 12', ' line 13', '~6 unchanged'],
    ]);
  });

  it('says what is too large to compare as all gone and all new', () => {
    const many = (word: string) =>
      Array.from({ length: 1_100 }, (_, n) => `${word}${n}`).join('\n');
    expect(diffTexts(many('a'), many('b'))).toMatchObject({ added: 1_100, removed: 1_100 });
  });

  it('is true to both texts, whatever they are', () => {
    // So few lines that none is far from a change.
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 4 });
    const text = (all: string[]) => all.map((line) => `${line}\n`).join('');
    fc.assert(
      fc.property(lines, lines, (old, now) => {
        fc.pre(text(old) !== text(now));
        const diff = diffTexts(text(old), text(now)).lines;
        const side = (kind: 'add' | 'del') =>
          diff
            .filter((line) => line.kind === 'same' || line.kind === kind)
            .map((line) => line.text);
        expect(side('del')).toEqual(old);
        expect(side('add')).toEqual(now);
      }),
    );
  });
});

it('reads a unified diff', () => {
  const patch = '--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f()\n a\n-b\n+c\n\\ No newline at end of file\n';
  expect(short(diffPatch(patch))).toEqual([
    ...['~@@ -1,2 +1,2 @@ f()', ' a', '-b', '+c', '~No newline at end of file'],
  ]);
  expect(diffPatch(patch)).toMatchObject({ added: 1, removed: 1 });
});

describe('what a record changed', () => {
  it.each<[string, unknown, unknown[]]>([
    ['both texts', [{ path: 'x', old: 'a', new: 'b' }], [{ path: 'x', old: 'a', now: 'b' }]],
    ['a new file', [{ path: 'x', old: null, new: 'b' }], [{ path: 'x', old: null, now: 'b' }]],
    ['a patch', [{ path: 'x', patch: '@@' }], [{ path: 'x', patch: '@@' }]],
    ['text that was cut', '[{"path":"x"', []],
    ['no path', [{ old: 'a', new: 'b' }], []],
    ['neither text', [{ path: 'x' }, 7, null], []],
    ['nothing', undefined, []],
  ])('%s', (_name, diffs, changes) => expect(changesOf(diffs)).toEqual(changes));
});

describe('what leave is asked for', () => {
  const edit = { old_string: 'a', new_string: 'b' };
  it.each<[string, Record<string, unknown> | null, unknown[]]>([
    ['an edit', { file_path: '/x', ...edit }, [{ path: '/x', old: 'a', now: 'b' }]],
    [
      'several',
      { file_path: '/x', edits: [edit, edit] },
      [1, 2].map(() => ({ path: '/x', old: 'a', now: 'b' })),
    ],
    ['a file to write', { file_path: '/x', content: 'b' }, [{ path: '/x', old: '', now: 'b' }]],
    ['diffs', { diffs: [{ path: 'x', patch: '+a' }] }, [{ path: 'x', patch: '+a' }]],
    ['a command', { command: 'ls' }, []],
    ['nothing', null, []],
  ])('%s', (_name, input, changes) => expect(editsOf({ input })).toEqual(changes));
});

import { describe, expect, it } from 'vitest';
import { message } from '@/test/rows';
import { HITS_MOST, hitsOf, nearestHit, withoutMarks } from './find';
import { rangesIn } from './find-ranges';

const at = (id: string, seq: number, fields: Parameters<typeof message>[0]) =>
  message({ id, seq, ...fields });

describe('find', () => {
  const messages = [
    at('a', 1, { kind: 'user', text: 'Where is the Needle?' }),
    at('b', 2, { text: 'In the **nee**dle case, `needle` says.' }),
    at('c', 3, {
      kind: 'tool',
      text: 'Bash: grep',
      metadata: {
        tool: 'Bash',
        input: { command: 'grep needle' },
        output: 'x:\u001b[1mneedle\u001b[0m',
      },
    }),
    at('d', 4, { kind: 'plan', metadata: { plan: [{ text: 'Needle', status: 'pending' }] } }),
    at('e', 5, {
      kind: 'tool',
      metadata: {
        tool: 'Edit',
        diffs: [{ path: 'needle.c', old: 'old needle\n', new: 'thread\n' }],
      },
    }),
  ];

  it('looks through what records show, folded or not, whatever the case', () => {
    const hits = hitsOf(messages, 'NEEDLE', false);
    expect(hits.map(({ id, nth }) => `${id}${nth}`)).toEqual([
      ...['a0', 'b0', 'b1', 'c0', 'c1', 'd0', 'e0', 'e1'],
    ]);
    expect(hitsOf(messages, '  ', false)).toEqual([]);
    expect(hitsOf(messages, 'absent', false)).toEqual([]);
  });

  it('begins with what is in sight, else with the nearest above', () => {
    const hits = hitsOf(messages, 'needle', false);
    expect(nearestHit(hits, 3)?.id).toBe('c');
    expect(nearestHit(hits, 9)).toBe(hits.at(-1));
    expect(nearestHit([], 1)).toBeUndefined();
  });

  it('counts so many and no more', () => {
    const big = at('z', 1, { kind: 'user', text: 'x'.repeat(HITS_MOST + 10) });
    expect(hitsOf([big], 'x', false)).toHaveLength(HITS_MOST);
  });

  it.each([
    ['**bold** and *soft*', 'bold and soft'],
    ['`code` [text](http://a/b)', 'code text'],
    ['## Title\n- one\n1. two\n> three', 'Title\none\ntwo\nthree'],
    ['a * b * c, snake_case_name', 'a * b * c, snake_case_name'],
  ])('reads %j as %j', (text, plain) => expect(withoutMarks(text)).toBe(plain));
});

describe('places on the page', () => {
  const record = (html: string) => {
    const box = document.createElement('div');
    box.innerHTML = html;
    return box;
  };

  it('reach over elements in a line, and not over the end of a block', () => {
    const box = record('<p>a <b>nee</b>dle</p><p>nee</p><p>dle</p><pre>x <i>NEEDLE</i></pre>');
    const ranges = rangesIn(box, 'needle', 10);
    expect(ranges.map(String)).toEqual(['needle', 'NEEDLE']);
    expect(ranges[0]?.startContainer.textContent).toBe('nee');
    expect(ranges[0]?.endContainer.textContent).toBe('dle');
  });

  it('are not in what is only said, and not more than are wanted', () => {
    const box = record('<p><span class="sr-only">needle</span><i data-nofind>needle</i></p>');
    expect(rangesIn(box, 'needle', 10)).toEqual([]);
    expect(rangesIn(record('<p>aaaa</p>'), 'a', 3)).toHaveLength(3);
  });
});

// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { permission } from '@/test/rows';
import {
  answerOf,
  commandOf,
  noChoice,
  pick,
  pickOther,
  type Question,
  questionsOf,
  ruleTexts,
} from './permissions';
import { visible } from './visible';

describe('what is decided on', () => {
  it.each([
    ['the whole command', { title: 'Bash: a', input: { command: 'a\nb' } }, 'a\nb'],
    ['the title without the name of the tool', { input: { path: '/x' } }, 'rm -rf build'],
    ['a title of another form', { title: 'Read /x', input: null }, 'Read /x'],
    ['no command in the command', { input: { command: ' ' } }, 'rm -rf build'],
  ])('is %s', (_name, fields, text) => {
    expect(commandOf(permission(fields))).toBe(text);
  });

  it('hides nothing: what turns or ends a line is written out', () => {
    expect(visible('rm \u202ecod\u001b[8m\r\tx\n😀')).toBe('rm \\u202ecod\\u001b[8m\\u000d\tx\n😀');
  });
});

describe('what "allow always" adds', () => {
  const rule = {
    type: 'addRules',
    rules: [{ toolName: 'Bash', ruleContent: 'touch made.txt' }, { toolName: 'Read' }],
    behavior: 'allow',
    destination: 'localSettings',
  };
  it.each([
    ['nothing', null, null],
    ['an empty list', [], null],
    ['rules', [rule], ['allow Bash(touch made.txt), Read (in this project, on this machine)']],
    [
      'directories and a mode',
      [
        { type: 'addDirectories', directories: ['/p'], destination: 'session' },
        { type: 'setMode', mode: 'acceptEdits' },
      ],
      ['work in /p (in this session)', 'switch to the mode acceptEdits'],
    ],
    ['what is unknown', [{ type: 'new' }, 7], ['{"type":"new"}', '7']],
  ])('%s', (_name, suggestions, texts) => expect(ruleTexts(suggestions)).toEqual(texts));
});

describe('questions', () => {
  const options = [
    { label: 'A', description: 'first' },
    { label: 'B', description: '' },
  ];
  const one: Question = { question: 'Which?', header: 'H', multiSelect: false, options };
  const many = { ...one, multiSelect: true };

  it('are read as far as they have the form', () => {
    const questions = [one, { question: 7 }, 'x', { question: 'Why?', options: [{ no: 1 }] }];
    expect(questionsOf(permission({ questions }))).toEqual([
      one,
      { question: 'Why?', header: '', multiSelect: false, options: [] },
    ]);
    expect(questionsOf(permission({ questions: { a: 1 } }))).toEqual([]);
  });

  it('with one answer: the last that was chosen, or the free text', () => {
    expect(answerOf(one, noChoice)).toBe('');
    const b = pick(one, pick(one, noChoice, 'A'), 'B');
    expect(answerOf(one, b)).toBe('B');
    expect(answerOf(one, pickOther(one, b, ' mine '))).toBe('mine');
    expect(answerOf(one, pick(one, pickOther(one, b, 'mine'), 'A'))).toBe('A');
  });

  it('with many: in the order of the options, a second click takes one back', () => {
    const both = pick(many, pick(many, noChoice, 'B'), 'A');
    expect(answerOf(many, both)).toBe('A, B');
    expect(answerOf(many, pickOther(many, both, 'C'))).toBe('A, B, C');
    expect(answerOf(many, pick(many, both, 'A'))).toBe('B');
    expect(answerOf(many, pickOther(many, noChoice, ' '))).toBe('');
  });
});

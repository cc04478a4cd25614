// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { message, permission, session } from '@/test/rows';
import { commandsOf, matchCommands } from './commands';
import { imageName, imageRefusal, imagesOf, sizeText } from './images';
import { lastPromptSeq, placesOf } from './nesting';
import { currentName, optionMenus } from './options';
import { answerWords, planText, ruleTexts } from './permissions';
import { planOf, stepsDone } from './plan';
import { quietSince, quietText } from './quiet';
import { decisionText } from './tool';
import { dollars, shortCount, sumUsed, usedOf, usedText } from './usage';

describe('a plan', () => {
  it('is its steps; what has another form is left out', () => {
    const plan = [
      { text: 'a', status: 'completed' },
      { text: 'b', status: 'in_progress' },
      { text: 'c', status: 'odd' },
      { text: '' },
      'x',
    ];
    const steps = planOf({ plan });
    expect(steps.map(({ status }) => status)).toEqual(['completed', 'in_progress', 'pending']);
    expect(stepsDone(steps)).toBe(1);
    for (const odd of [null, {}, { plan: 'text' }, { plan: {} }]) expect(planOf(odd)).toEqual([]);
  });

  it('to approve has words of its own, and no hidden characters', () => {
    const asked = permission({ tool: 'ExitPlanMode', input: { plan: '# Do\u202e it' } });
    expect(planText(asked)).toBe('# Do\\u202e it');
    expect(planText(permission({ tool: 'ExitPlanMode', input: {} }))).toBe('');
    expect(answerWords(asked)).toMatchObject({ allow: 'Approve plan', deny: 'Keep planning' });
    expect(planText(permission())).toBeNull();
    expect(answerWords(permission()).allow).toBe('Allow');
  });
});

it('names the rules of agents that have words for them', () => {
  expect(ruleTexts([{ name: 'Always allow touch' }])).toEqual(['Always allow touch']);
  expect(ruleTexts([{ odd: 1 }])).toEqual(['{"odd":1}']);
});

describe('images', () => {
  const id = 'a'.repeat(64);
  it('of a record are those that have an id', () => {
    const good = { id, type: 'image/png', bytes: 2048 };
    expect(imagesOf([good, { id: '../../x' }, 'x', { type: 'image/png' }])).toEqual([good]);
    expect(imagesOf('cut')).toEqual([]);
    expect(imageName(good, 2, 3)).toBe('Image 2 of 3, PNG, 2 kB');
    expect(imageName({ ...good, bytes: 0 }, 1, 1)).toBe('Image, PNG');
  });

  it.each([
    ['image/png', 1, 0, null],
    ['image/png', 10_485_760, 9, null],
    ['image/svg+xml', 1, 0, 'x is not a PNG, JPEG, WebP or GIF image.'],
    ['', 1, 0, 'x is not a PNG, JPEG, WebP or GIF image.'],
    ['image/gif', 0, 0, 'x is empty.'],
    ['image/jpeg', 11_000_000, 0, 'x has 10.5 MB; an image may have 10 MB.'],
    ['image/webp', 1, 10, 'x was left out: a message takes 10 images.'],
  ])('%s of %i bytes after %i others', (type, size, already, why) =>
    expect(imageRefusal({ name: 'x', type, size }, already)).toBe(why),
  );

  it.each([
    [812, '812 B'],
    [4_200, '4.1 kB'],
    [1_048_576, '1 MB'],
  ])('%i bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));
});

describe('usage', () => {
  const told = { input_tokens: 1_000, cache_read_tokens: 11_000, output_tokens: 340 };
  const row = (usage_total: unknown) => session({ metadata: { usage_total } });

  it('counts all that was read, and leaves out what was not told', () => {
    const used = usedOf({ ...told, cost_microusd: 129_400, turns: 2 });
    expect(used && usedText(used)).toBe('12k in · 340 out · $0.13');
    expect(usedOf({ output_tokens: 5 })).toMatchObject({ input: null, output: 5, cost: null });
    for (const odd of [null, {}, 'x', { input_tokens: '7' }, { input_tokens: -1 }])
      expect(usedOf(odd)).toBeNull();
  });

  it('of a project is the sum of its rows; a cost that is not known is not hidden', () => {
    const [a, b] = [row({ ...told, cost_microusd: 500_000 }), row({ output_tokens: 60 })];
    expect(sumUsed([a, a, session()])).toMatchObject({
      cost: 1_000_000,
      sessions: 2,
      costKnown: true,
    });
    const sum = sumUsed([a, b]);
    expect(sum && usedText(sum, sum.costKnown)).toBe('12k in · 400 out · at least $0.50');
    expect(sumUsed([session(), row('odd')])).toBeNull();
  });

  it.each([
    [999, '999'],
    [1_000, '1k'],
    [4_130, '4.1k'],
    [9_960, '10k'],
    [999_400, '999k'],
    [999_600, '1M'],
    [3_450_000, '3.5M'],
  ])('%i is %s', (n, text) => expect(shortCount(n)).toBe(text));

  it.each([
    [0, '$0.00'],
    [42, '<$0.0001'],
    [4_200, '$0.0042'],
    [130_000, '$0.13'],
    [12_400_000, '$12.40'],
  ])('%i is %s', (n, text) => expect(dollars(n)).toBe(text));
});

describe('a quiet agent', () => {
  const since = '2026-01-01T00:00:00.000Z';
  const row = session({ state: 'working', metadata: { quiet_since: since } });
  const after = (minutes: number) => quietText(since, Date.parse(since) + minutes * 60_000);

  it('is one that works and says nothing', () => {
    expect(quietSince(row)).toBe(since);
    expect(quietSince({ ...row, state: 'idle' })).toBeNull();
    expect(quietSince({ ...row, waiting_for: 'permission' })).toBeNull();
    expect(quietSince({ ...row, metadata: { quiet_since: 'yesterday' } })).toBeNull();
  });

  it('is told in minutes', () => {
    expect(after(7.9)).toBe('No output for 7 min');
    expect(after(125)).toBe('No output for 2 h 05 min');
    expect(after(-1)).toBe('No output for 1 min');
  });
});

describe('slash commands', () => {
  const commands = commandsOf({
    commands: [
      { name: 'compact', description: 'Shorten' },
      { name: '/review', hint: '[pull request]' },
      { name: 'preview' },
      ...[{ name: 'compact' }, { name: '' }, { name: 'two words' }, 'init', null],
    ],
  });
  const names = (text: string) => matchCommands(commands, text).map(({ name }) => name);

  it('are read as they come', () => {
    expect(commands).toEqual([
      { name: 'compact', description: 'Shorten', hint: '' },
      { name: 'review', description: '', hint: '[pull request]' },
      { name: 'preview', description: '', hint: '' },
    ]);
    expect(commandsOf({ commands: 'many' })).toEqual([]);
  });

  it.each([
    ['/', ['compact', 'review', 'preview']],
    ['/re', ['review', 'preview']],
    ['/RE', ['review', 'preview']],
    ['/x', []],
    ['/review now', []],
    ['say /re', []],
    ['', []],
  ])('after "%s"', (text, found) => expect(names(text)).toEqual(found));
});

describe('options', () => {
  const modes = [
    { id: 'default', name: 'Default' },
    { id: 'plan', name: 'Plan', description: 'd' },
  ];
  const row = (fields: object, options: Record<string, unknown> | null = null) =>
    session({ metadata: { modes, mode: 'default', ...fields }, options });
  const menus = (dialect: string, ...rest: Parameters<typeof row>) =>
    optionMenus(row(...rest), dialect).map(({ key, current, next }) => [key, current, next]);

  it('are those that the agent told of, by the dialect’s keys', () => {
    expect(menus('claude', { models: [{ id: 'opus' }] })).toEqual([
      ['permission_mode', 'default', ''],
      ['model', '', ''],
    ]);
    expect(menus('acp', {})).toEqual([['mode', 'default', '']]);
    expect(menus('shell', {})).toEqual([]);
    expect(menus('codex', {}, { sandbox: 'read-only' })).toEqual([
      ['approval', '', ''],
      ['sandbox', 'read-only', ''],
    ]);
    expect(optionMenus(session({ metadata: { modes: 'odd', models: [{}] } }), 'claude')).toEqual(
      [],
    );
  });

  it('tell what is in use from what was chosen for later', () => {
    expect(menus('claude', {}, { permission_mode: 'plan' })).toEqual([
      ['permission_mode', 'default', 'plan'],
    ]);
    expect(menus('claude', { mode: undefined }, { permission_mode: 'plan' })).toEqual([
      ['permission_mode', 'plan', ''],
    ]);
    const [menu] = optionMenus(row({ mode: 'unheard-of' }), 'claude');
    expect(menu && currentName(menu)).toBe('unheard-of');
  });
});

describe('records of sub-agents', () => {
  const tool = (id: string, parent?: string) =>
    message({
      id,
      kind: 'tool',
      text: `Task: ${id}`,
      metadata: { tool: 'Task', tool_id: id, parent },
    });

  it('belong to the call that they were made in', () => {
    const all = [tool('a'), tool('b', 'a'), tool('c', 'b'), message({ id: 't' }), tool('d', 'a')];
    expect([...placesOf(all)]).toEqual([
      ['b', { depth: 1, parent: 'Task: a', apart: false }],
      ['c', { depth: 2, parent: 'Task: b', apart: false }],
      ['d', { depth: 1, parent: 'Task: a', apart: true }],
    ]);
  });

  it('are marked where their call is not on the page, or is odd', () => {
    const place = { depth: 1, parent: 'a sub-agent', apart: true };
    expect(placesOf([tool('b', 'gone')]).get('b')).toEqual(place);
    expect(placesOf([tool('b', 'b')]).get('b')?.parent).toBe('a sub-agent');
    expect(placesOf([message({ metadata: { parent: 7 } })]).size).toBe(0);
  });
});

it('knows where the newest turn began', () => {
  const all = [
    message({ seq: 1, kind: 'user' }),
    message({ seq: 4, kind: 'user' }),
    message({ seq: 5 }),
  ];
  expect(lastPromptSeq(all)).toBe(4);
  expect(lastPromptSeq([message()])).toBe(0);
});

it('says how a person decided', () => {
  expect(decisionText({ decision: 'deny', decision_message: 'no' })).toEqual({
    text: 'Denied',
    why: 'no',
  });
  for (const odd of [null, {}, { decision: 'perhaps' }, { decision: 1 }])
    expect(decisionText(odd)).toBeNull();
});

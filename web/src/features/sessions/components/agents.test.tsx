import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TooltipProvider } from '@/components/ui/tooltip';
import { notify } from '@/lib/notify';
import type { AgentResponse } from '@/shared/websocket';
import { message, permission, session } from '@/test/rows';
import { AgentPicker } from './agent-picker';
import { Message } from './message';
import { PermissionList } from './permission-list';
import { Quiet } from './quiet';
import RawLines from './raw-lines';
import SessionDetails from './session-details';
import { SessionOptions } from './session-options';

vi.mock('@/lib/notify', () => ({ notify: { error: vi.fn(), info: vi.fn(), warning: vi.fn() } }));

const show = (node: ReactNode) =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TooltipProvider delayDuration={0}>{node}</TooltipProvider>
    </QueryClientProvider>,
  );
const record = (fields: Parameters<typeof message>[0]) =>
  show(<Message agent="claude" message={message(fields)} />);
const fetched = vi.fn<(url: string, init?: RequestInit) => Promise<Response>>();

beforeEach(() => {
  fetched.mockReset();
  vi.mocked(notify.error).mockClear();
  vi.stubGlobal('fetch', fetched);
});

describe('a plan', () => {
  const step = (text: string, status: string) => ({ text, status });

  it('shows each step’s state in words, and marks the one in progress', () => {
    record({
      kind: 'plan',
      metadata: { plan: [step('Read', 'completed'), step('Write', 'in_progress')] },
    });
    expect(screen.getByText('1 of 2 done')).toBeVisible();
    const items = within(screen.getByRole('list', { name: 'Plan' })).getAllByRole('listitem');
    expect(items.map((item) => item.textContent)).toEqual(['Read, done', 'Write, in progress']);
    expect(items[1]).toHaveAttribute('aria-current', 'step');
  });

  it('that is done is one line', async () => {
    record({ kind: 'plan', metadata: { plan: [step('Read', 'completed')] } });
    expect(screen.queryByRole('listitem')).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: /all 1 done/ }));
    expect(screen.getByRole('listitem')).toBeVisible();
  });

  it('of another form is its text', async () => {
    record({ kind: 'plan', text: '- [ ] Read', metadata: { plan: 'odd' } });
    expect(await screen.findByText('Read')).toBeInTheDocument();
  });
});

describe('a tool call', () => {
  const id = 'b'.repeat(64);

  it('shows what it changed, not by colour alone', async () => {
    const metadata = { tool: 'Edit', diffs: [{ path: 'src/a.ts', old: 'a\nb\n', new: 'a\nc\n' }] };
    record({ kind: 'tool', text: 'Edit: src/a.ts', metadata });
    const lines = await screen.findByRole('region', { name: 'Changed lines' });
    expect(lines).toHaveTextContent('a−removed: b+added: c');
    expect(screen.getByText('1 lines added, 1 removed')).toBeInTheDocument();
  });

  it('folds a long change', async () => {
    const now = Array.from({ length: 300 }, (_, index) => `line ${index}`).join('\n');
    record({
      kind: 'tool',
      metadata: { tool: 'Write', diffs: [{ path: 'long.txt', old: null, new: now }] },
    });
    await userEvent.click(await screen.findByRole('button', { name: /long\.txt.*new file/ }));
    expect(screen.queryByText('line 299')).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Show 100 more lines' }));
    expect(screen.getByText('line 299')).toBeInTheDocument();
  });

  it('shows images with a name, and one large', async () => {
    const images = [{ id, type: 'image/png', bytes: 4096 }];
    record({ kind: 'tool', metadata: { tool: 'Read', images } });
    const thumbnail = screen.getByRole('button', { name: 'Image, PNG, 4 kB: show it large' });
    expect(thumbnail.querySelector('img')).toHaveAttribute('src', `/api/images/${id}`);
    await userEvent.click(thumbnail);
    const large = within(await screen.findByRole('dialog')).getByRole('img', {
      name: 'Image, PNG, 4 kB',
    });
    expect(large).toHaveAttribute('src', `/api/images/${id}`);
  });

  it('says how leave for it was answered', async () => {
    const metadata = { tool: 'Bash', decision: 'deny', decision_message: 'Not now.', output: 'x' };
    record({ kind: 'tool', metadata });
    expect(screen.getByText('Denied')).toBeVisible();
    await userEvent.click(screen.getByRole('button'));
    expect(screen.getByText('Not now.')).toBeVisible();
  });

  it.each([
    { diffs: 'cut off', images: 7, decision: [], parent: {}, status: null, input: null, output: 0 },
    { diffs: [null, [], { path: 'x', old: 5 }], images: [{}], plan: [[]] },
  ])('is not broken by %j', (metadata) => {
    for (const kind of ['tool', 'plan', 'user', 'notice'] as const)
      record({ kind, text: 'said', metadata });
    expect(screen.getAllByText('said').length).toBeGreaterThan(2);
  });
});

describe('leave', () => {
  const ask = (fields: Parameters<typeof permission>[0]) =>
    show(<PermissionList permissions={[permission(fields)]} agent="Claude Code" />);

  it('for a plan has the plan and its own words', async () => {
    const suggestions = [{ name: 'Accept edits' }];
    ask({ tool: 'ExitPlanMode', input: { plan: '# Steps\n\n**one**' }, suggestions });
    expect(screen.getByRole('group', { name: 'Claude Code has a plan' })).toBeVisible();
    expect(await screen.findByText('one')).toHaveProperty('tagName', 'STRONG');
    for (const name of ['Approve plan', 'Keep planning', 'Reject and stop'])
      expect(screen.getByRole('button', { name })).toBeEnabled();
    expect(screen.getByRole('button', { name: 'Approve always' })).toHaveAccessibleDescription(
      'Approve always adds: Accept edits.',
    );
  });

  it('for an edit shows what would change', async () => {
    ask({
      tool: 'Edit',
      input: { file_path: '/p/a.c', old_string: 'int a;', new_string: 'int b;' },
    });
    const lines = await screen.findByRole('region', { name: 'Changed lines' });
    expect(lines).toHaveTextContent('removed: int a;+added: int b;');
    expect(screen.getByText('/p/a.c')).toBeVisible();
  });
});

describe('options', () => {
  const row = session({
    agent: 'claude',
    options: { model: 'opus' },
    metadata: {
      mode: 'default',
      modes: [
        { id: 'default', name: 'Default' },
        { id: 'plan', name: 'Plan' },
      ],
    },
  });
  const choose = async () => {
    await userEvent.click(screen.getByRole('button', { name: 'Options. Mode: Default' }));
    await userEvent.click(screen.getByRole('menuitemradio', { name: 'Plan' }));
  };

  it('are switched by a request that keeps the others', async () => {
    fetched.mockResolvedValue(Response.json(row));
    show(<SessionOptions session={row} dialect="claude" />);
    await choose();
    await waitFor(() => expect(fetched).toHaveBeenCalledOnce());
    const [url, init] = fetched.mock.calls[0] ?? [];
    expect([url, init?.method]).toEqual(['/api/sessions/s1', 'PATCH']);
    expect(JSON.parse(String(init?.body))).toEqual({
      options: { model: 'opus', permission_mode: 'plan' },
    });
  });

  it('say so while it is on its way, and why where it was refused', async () => {
    let answer: (response: Response) => void = () => undefined;
    fetched.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    show(<SessionOptions session={row} dialect="claude" />);
    await choose();
    await waitFor(() =>
      expect(screen.getByTestId('session-options')).toHaveAttribute('aria-busy', 'true'),
    );
    answer(
      Response.json(
        { error: { code: 'INVALID_FIELD', message: 'No such mode.' } },
        { status: 422 },
      ),
    );
    await waitFor(() =>
      expect(notify.error).toHaveBeenCalledExactlyOnceWith('Mode was not switched. No such mode.'),
    );
    expect(screen.getByTestId('session-options')).toHaveAttribute('aria-busy', 'false');
  });

  it('are not there where nothing can be switched', () => {
    show(<SessionOptions session={session()} dialect={undefined} />);
    expect(screen.queryByTestId('session-options')).not.toBeInTheDocument();
  });
});

it('tells what a session used, as far as it is known', () => {
  const usage_total = {
    input_tokens: 12_000,
    output_tokens: 300,
    cost_microusd: 500_000,
    turns: 2,
  };
  const metadata = {
    usage: { output_tokens: 7 },
    usage_total,
    context: { used: 50_000, size: 200_000 },
  };
  show(<SessionDetails session={session({ metadata })} onClose={vi.fn()} />);
  expect(screen.getByText('12k in · 300 out · $0.50, 2 turns, $0.25 a turn')).toBeVisible();
  expect(screen.getByText('7 out')).toBeVisible();
  expect(screen.getByText('50k of 200k tokens (25 %)')).toBeVisible();
});

describe('the agent’s own lines', () => {
  it('are fetched, and shown as they are', async () => {
    const lines = [
      { line: '{"a":1}', bytes: 7, cut: false },
      { line: '{"b', bytes: 70_000, cut: true },
    ];
    fetched.mockResolvedValue(Response.json({ lines }));
    show(<RawLines id="m1" onClose={vi.fn()} />);
    expect(
      await screen.findByText('Line 2 of 2, 68.4 kB; only its beginning is kept'),
    ).toBeVisible();
    expect(document.querySelector('code')).toHaveTextContent('{ "a": 1 }');
    expect(fetched.mock.calls[0]?.[0]).toBe('/api/messages/m1/raw');
  });

  it('that do not come are said in words', async () => {
    fetched.mockResolvedValue(
      Response.json({ error: { code: 'NOT_FOUND', message: 'Gone.' } }, { status: 404 }),
    );
    show(<RawLines id="m1" onClose={vi.fn()} />);
    expect(await screen.findByRole('alert')).toHaveTextContent('They did not load. Gone.');
  });
});

it('counts the quiet minutes by itself', async () => {
  vi.useFakeTimers({ now: Date.parse('2026-01-01T00:07:10Z') });
  show(<Quiet since="2026-01-01T00:00:00.000Z" />);
  expect(screen.getByText('No output for 7 min')).toBeVisible();
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(screen.getByText('No output for 8 min')).toBeVisible();
  vi.useRealTimers();
});

it('lists agents that are missing, with how to get them', async () => {
  const agent = (fields: Partial<AgentResponse>): AgentResponse => ({
    ...{ id: 'claude', name: 'Claude Code', dialect: 'claude', available: true, path: '/c' },
    ...{ version: '2.1', missing: null, icon: 'claude', takes_images: true, ...fields },
  });
  const codex = agent({
    id: 'codex',
    name: 'Codex',
    available: false,
    version: null,
    missing: 'Run npm.',
  });
  show(<AgentPicker agents={[codex, agent({})]} chosen={agent({})} onChoose={vi.fn()} />);
  await userEvent.click(screen.getByTestId('agent-picker'));
  const items = screen.getAllByRole('menuitemradio');
  expect(items.map((item) => item.textContent)).toEqual([
    'Claude Code2.1',
    'CodexNot installed. Run npm.',
  ]);
  expect(items[1]).toHaveAttribute('aria-disabled', 'true');
});

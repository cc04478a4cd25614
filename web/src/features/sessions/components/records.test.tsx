import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TooltipProvider } from '@/components/ui/tooltip';
import { message, permission } from '@/test/rows';
import { Message } from './message';
import { PermissionList } from './permission-list';
import RawLines from './raw-lines';

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

it('lets each block of a text run in its own direction', async () => {
  record({ kind: 'text', text: '# مرحبا\n\nHello\n\n- بند\n\n`code`' });
  expect(await screen.findByRole('heading')).toHaveAttribute('dir', 'auto');
  expect(screen.getByText('Hello')).toHaveAttribute('dir', 'auto');
  expect(screen.getByRole('list')).toHaveAttribute('dir', 'auto');
  expect(screen.getByText('code')).not.toHaveAttribute('dir');
});

describe('a tool call', () => {
  const id = 'b'.repeat(64);

  it('shows what it changed, not by colour alone', async () => {
    const metadata = { tool: 'Edit', diffs: [{ path: 'src/a.ts', old: 'a\nb\n', new: 'a\nc\n' }] };
    record({ kind: 'tool', text: 'Edit: src/a.ts', metadata });
    const lines = await screen.findByRole('group', { name: 'Changed lines' });
    expect(lines).toHaveTextContent('a−removed: b+added: c');
    expect(screen.getByText('1 line added, 1 removed')).toBeInTheDocument();
  });

  it('folds a long change', async () => {
    const now = Array.from({ length: 300 }, (_, index) => `line ${index}`).join('\n');
    record({
      kind: 'tool',
      metadata: { tool: 'Write', diffs: [{ path: 'long.txt', old: null, new: now }] },
    });
    await userEvent.click(await screen.findByRole('button', { name: /long\.txt.*new file/ }));
    expect(screen.queryByText('line 299')).not.toBeInTheDocument();
    await userEvent.click(screen.getByText('Show 100 more lines'));
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

  it('leads from one large image to the next, by button and key', async () => {
    const images = ['c', 'd'].map((hex) => ({ id: hex.repeat(64), type: 'image/png', bytes: 10 }));
    record({ kind: 'tool', metadata: { tool: 'Read', images } });
    await userEvent.click(screen.getByRole('button', { name: /^Image 1 of 2.*large$/ }));
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.click(dialog.getByRole('button', { name: 'Next image' }));
    expect(dialog.getByRole('img')).toHaveAttribute('src', `/api/images/${'d'.repeat(64)}`);
    await userEvent.keyboard('{ArrowRight}');
    expect(dialog.getByRole('img')).toHaveAttribute('src', `/api/images/${'c'.repeat(64)}`);
  });

  it('does not seem to run when its turn is over', () => {
    const call = message({ kind: 'tool', metadata: { tool: 'Bash', status: 'running' } });
    const { unmount } = show(<Message agent="claude" message={call} live />);
    expect(screen.getByLabelText('running')).toBeVisible();
    unmount();
    show(<Message agent="claude" message={call} />);
    expect(screen.queryByLabelText('running')).not.toBeInTheDocument();
    expect(screen.getByLabelText('without a result')).toBeVisible();
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
    const lines = await screen.findByRole('group', { name: 'Changed lines' });
    expect(lines).toHaveTextContent('removed: int a;+added: int b;');
    expect(screen.getByText('/p/a.c')).toBeVisible();
  });
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

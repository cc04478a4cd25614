import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { makeMutationCache } from '@/lib/failures';
import { TooltipProvider } from '@/components/ui/tooltip';
import { notify } from '@/lib/notify';
import type { AgentResponse } from '@/shared/websocket';
import { session } from '@/test/rows';
import { AgentPicker } from './agent-picker';
import { Quiet } from './quiet';
import SessionDetails from './session-details';
import { SessionOptions } from './session-options';

vi.mock('@/lib/notify', () => ({ notify: { error: vi.fn(), info: vi.fn(), warning: vi.fn() } }));

const show = (node: ReactNode) =>
  render(
    <QueryClientProvider client={new QueryClient({ mutationCache: makeMutationCache() })}>
      <TooltipProvider delayDuration={0}>{node}</TooltipProvider>
    </QueryClientProvider>,
  );
const fetched = vi.fn<(url: string, init?: RequestInit) => Promise<Response>>();

beforeEach(() => {
  fetched.mockReset();
  vi.mocked(notify.error).mockClear();
  vi.stubGlobal('fetch', fetched);
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
    await userEvent.click(await screen.findByRole('menuitemradio', { name: 'Plan' }));
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

it('tells what a session used, as far as it is known', async () => {
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
  expect(await screen.findByText('12k in · 300 out · $0.50, 2 turns, $0.25 a turn')).toBeVisible();
  expect(screen.getByText('7 out')).toBeVisible();
  expect(screen.getByText('50k of 200k tokens (25 %)')).toBeVisible();
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
  const items = await screen.findAllByRole('menuitemradio');
  expect(items.map((item) => item.textContent)).toEqual([
    'Claude Code2.1',
    'CodexNot installed. Run npm.',
  ]);
  expect(items[1]).toHaveAttribute('aria-disabled', 'true');
});

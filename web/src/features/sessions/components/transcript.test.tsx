import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TooltipProvider } from '@/components/ui/tooltip';
import { notify } from '@/lib/notify';
import type { MessageResponse } from '@/shared/websocket';
import { message, session } from '@/test/rows';
import type { SessionDetail } from '../channel';
import { sessionKeys, useSessionDetail } from '../queries';
import { useFind } from '../use-find';
import { Transcript } from './transcript';

/** Everything is near, once one has looked. */
class EverythingIsNear {
  constructor(private readonly look: (entries: unknown[]) => void) {}
  observe(target: Element) {
    queueMicrotask(() => act(() => this.look([{ target, isIntersecting: true }])));
  }
  unobserve() {}
  disconnect() {}
}

const fetched = vi.fn<(url: string) => Promise<Response>>();
beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal('fetch', fetched);
  vi.stubGlobal('IntersectionObserver', EverythingIsNear);
  vi.stubGlobal('CSS', { escape: (text: string) => text });
});

function Page({ row }: { row: ReturnType<typeof session> }) {
  const { data } = useSessionDetail('s1');
  const find = useFind();
  return (
    <main>
      <button onClick={find.show}>Find</button>
      <Transcript session={row} agentName="Claude Code" detail={data} pending={[]} find={find} />
    </main>
  );
}

function show(messages: MessageResponse[], { hasOlder = false, hash = '', row = session() } = {}) {
  const client = new QueryClient();
  const put = (all: MessageResponse[]) =>
    client.setQueryData<SessionDetail>(sessionKeys.detail('s1'), {
      ...{ epoch: 'e', rev: 1, seq: 9, lastSeq: all.at(-1)?.seq ?? 0, gap: false },
      ...{ messages: all, hasOlder, early: [], queue: [], permissions: [] },
    });
  put(messages);
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter initialEntries={[`/projects/p1/sessions/s1${hash}`]}>
        <TooltipProvider delayDuration={0}>
          <Page row={{ ...row, agent: 'claude' }} />
        </TooltipProvider>
      </MemoryRouter>
    </QueryClientProvider>,
  );
  return { put };
}

const said = (seq: number, fields: Partial<MessageResponse> = {}) =>
  message({ id: `m${seq}`, seq, text: `Said ${seq}`, ...fields });
const turn = {
  ...{ started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T00:00:12Z', outcome: 'done' },
  usage: { input_tokens: 1_200, output_tokens: 340, cost_microusd: 0 },
};

describe('the transcript', () => {
  it('is a log whose records have names, and that is not read out while it grows', async () => {
    show([said(1, { kind: 'user' }), said(2, { kind: 'tool' }), said(3)]);
    const log = screen.getByRole('log', { name: 'Transcript' });
    expect(log).toHaveAttribute('aria-live', 'off');
    expect(await within(log).findAllByText(/Said/)).not.toHaveLength(0);
    const names = within(log)
      .getAllByRole('article')
      .map((each) => each.getAttribute('aria-label'));
    expect(names).toEqual(['You, message', 'Claude Code, tool call', 'Claude Code, message']);
  });

  it('says what a turn took under its last record, and no price that is none', () => {
    show([said(1, { kind: 'user', metadata: { turn } }), said(2, { kind: 'thinking' })]);
    expect(screen.getByTestId('turn-line')).toHaveTextContent('12s · 1.2k in · 340 out');
    expect(screen.getByTestId('turn-line')).not.toHaveTextContent('$');
  });

  it('says for how long the turn has run', () => {
    const started = new Date(Date.now() - 65_000).toISOString();
    show([said(1, { kind: 'user' })], {
      row: session({ state: 'working', turn_started_at: started }),
    });
    expect(screen.getByTestId('working-line')).toHaveTextContent(/^Working1m 0\ds$/);
  });

  it('loads older messages by itself, says why that failed, and tries again when it is told', async () => {
    fetched.mockRejectedValueOnce(new TypeError('failed'));
    show([said(5), said(6)], { hasOlder: true });
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('Older messages did not load. muster does not answer.');
    fetched.mockResolvedValue(Response.json({ messages: [said(4)], has_older: false }));
    await userEvent.click(within(alert).getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Said 4')).toBeInTheDocument();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
    expect(fetched).toHaveBeenCalledTimes(2);
  });
});

describe('a link', () => {
  it('leads to its message, which is loaded when it is not there', async () => {
    fetched.mockResolvedValue(Response.json({ messages: [said(4)], has_older: false }));
    show([said(5)], { hasOlder: true, hash: '#m-m4' });
    const record = (await screen.findByText('Said 4')).closest('[role=article]');
    await vi.waitFor(() => expect(record).toHaveFocus());
    expect(record).toHaveClass('marked');
  });

  it('to no message says so', async () => {
    show([said(5)], { hash: '#m-gone' });
    expect(
      await screen.findByText('The message that this link names is not in this session.'),
    ).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
    expect(screen.queryByText(/this link names/)).not.toBeInTheDocument();
  });
});

describe('find', () => {
  const find = async (text: string) => {
    await userEvent.click(screen.getByRole('button', { name: 'Find' }));
    await userEvent.type(screen.getByRole('textbox'), text);
    return within(screen.getByRole('search')).getByRole('status');
  };

  it('counts, goes on with Enter and back with Shift+Enter, opens folds, and closes with Escape', async () => {
    const output = { tool: 'Bash', input: { command: 'ls' }, output: 'needle in a fold' };
    show([said(1, { text: 'needle' }), said(2, { kind: 'tool', metadata: output })]);
    const status = await find('needle');
    await vi.waitFor(() => expect(status).toHaveTextContent('1 of 2'));
    await userEvent.keyboard('{Enter}');
    expect(status).toHaveTextContent('2 of 2');
    expect(await screen.findByText('needle in a fold')).toBeVisible();
    await userEvent.keyboard('{Enter}');
    expect(status).toHaveTextContent('1 of 2');
    await userEvent.keyboard('{Shift>}{Enter}{/Shift}');
    expect(status).toHaveTextContent('2 of 2');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('search')).not.toBeInTheDocument();
    expect(screen.getByRole('log')).toHaveFocus();
  });

  it('says that there is none, and nothing while nothing is looked for', async () => {
    show([said(1)]);
    const status = await find(' ');
    expect(status).toHaveTextContent('');
    await userEvent.type(screen.getByRole('textbox'), 'x');
    await vi.waitFor(() => expect(status).toHaveTextContent('Not found'));
  });
});

describe('the menu of a record', () => {
  const choose = async (name: string) => {
    const user = userEvent.setup();
    await user.click(screen.getByRole('button', { name: 'Actions for this record' }));
    await user.click(await screen.findByRole('menuitem', { name }));
  };
  const input = { command: 'make test' };

  it.each([
    ['Copy as Markdown', '**Bash**: `make test`\n\n```\nok\n```'],
    ['Copy command', 'make test'],
    ['Copy output', 'ok'],
    ['Copy link', `${location.origin}${location.pathname}#m-m1`],
  ])('%s', async (name, text) => {
    const info = vi.spyOn(notify, 'info').mockReturnValue(undefined);
    const metadata = { tool: 'Bash', input, output: 'ok' };
    show([said(1, { kind: 'tool', text: 'Bash: make test', metadata })]);
    await choose(name);
    await vi.waitFor(() => expect(info).toHaveBeenCalledWith(expect.stringMatching(/was copied/)));
    expect(await navigator.clipboard.readText()).toBe(text);
  });

  it('offers no lines of a protocol for what a person wrote', async () => {
    show([said(1, { kind: 'user' })]);
    await userEvent.click(screen.getByRole('button', { name: 'Actions for this record' }));
    const items = await screen.findAllByRole('menuitem');
    expect(items.map((item) => item.textContent)).toEqual(['Copy as Markdown', 'Copy link']);
  });
});

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { type ReactNode, useEffect, useState } from 'react';
import { MemoryRouter } from 'react-router';
import { describe, expect, it, vi } from 'vitest';
import { TooltipProvider } from '@/components/ui/tooltip';
import type { SessionResponse } from '@/shared/websocket';
import { message, session } from '@/test/rows';
import type * as Badge from '../badge';
import { isUnread } from '../badge';
import { drafts } from '../drafts';
import { Composer } from './composer';
import { Message } from './message';
import { SessionRow } from './session-row';

// Each row asks once for each time that it is drawn.
vi.mock('../badge', async (load) => {
  const real = await load<typeof Badge>();
  return { ...real, isUnread: vi.fn(real.isUnread) };
});

const client = new QueryClient();
const show = (node: ReactNode) =>
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter>
        <TooltipProvider delayDuration={0}>{node}</TooltipProvider>
      </MemoryRouter>
    </QueryClientProvider>,
  );
const row = (fields: Partial<SessionResponse>, viewed = false) => (
  <ul>
    <SessionRow session={session({ name: 'Fix it', ...fields })} viewed={viewed} />
  </ul>
);

describe('a session in the sidebar', () => {
  it('says "Processing" while it works, in its own row', () => {
    show(row({ state: 'working' }));
    const badge = screen.getByTestId('session-state-badge');
    expect(badge).toHaveTextContent('Processing');
    expect(screen.getByTestId('session-row')).toContainElement(badge);
  });

  it('has no badge while it is idle', () => {
    show(row({}));
    expect(screen.queryByTestId('session-state-badge')).not.toBeInTheDocument();
  });

  it('tells the reason of an error on hover, and by its name', async () => {
    show(row({ state: 'error', error_message: 'exit 127: not found' }));
    const badge = screen.getByRole('button', { name: 'Error: exit 127: not found' });
    await userEvent.hover(badge);
    expect(await screen.findByRole('tooltip')).toHaveTextContent('exit 127: not found');
  });

  it('has a dot for what is unread, unless it is being read', () => {
    const { unmount } = show(row({ last_seq: 2 }));
    expect(screen.getByTestId('unread-dot')).toBeInTheDocument();
    unmount();
    show(row({ last_seq: 2 }, true));
    expect(screen.queryByTestId('unread-dot')).not.toBeInTheDocument();
  });

  it('leads to its page', () => {
    show(row({}));
    expect(screen.getByRole('link', { name: 'Fix it' })).toHaveAttribute(
      'href',
      '/projects/p1/sessions/s1',
    );
  });

  it('does not render again when another row changes', () => {
    const [one, two] = [session(), session({ id: 's2' })];
    let change: (row: SessionResponse) => void = () => undefined;
    const List = () => {
      const [second, setSecond] = useState(two);
      useEffect(() => {
        change = setSecond;
      }, []);
      return (
        <>
          <SessionRow session={one} viewed={false} />
          <SessionRow session={second} viewed={false} />
        </>
      );
    };
    show(<List />);
    vi.mocked(isUnread).mockClear();
    act(() => change({ ...two, state: 'working' }));
    expect(screen.getByTestId('session-state-badge')).toBeInTheDocument();
    expect(vi.mocked(isUnread).mock.calls.map(([drawn]) => drawn)).not.toContain(one);
    expect(isUnread).toHaveBeenCalled();
  });
});

describe('the composer', () => {
  const composer = (onSend: (text: string) => void, key = 'k') => (
    <Composer draftKey={key} focusKey="f" placeholder="Say" noImages="No." onSend={onSend} />
  );

  it('sends on Enter, and breaks the line on Shift+Enter', async () => {
    const onSend = vi.fn();
    show(composer(onSend, 'enter'));
    await userEvent.type(screen.getByTestId('chat-input'), 'one{Shift>}{Enter}{/Shift}two');
    expect(onSend).not.toHaveBeenCalled();
    await userEvent.keyboard('{Enter}');
    expect(onSend).toHaveBeenCalledWith('one\ntwo', []);
  });

  it('leaves Enter to an input method that is composing', () => {
    const onSend = vi.fn();
    show(composer(onSend, 'ime'));
    const input = screen.getByTestId('chat-input');
    fireEvent.change(input, { target: { value: 'にほん' } });
    fireEvent.keyDown(input, { key: 'Enter', isComposing: true });
    fireEvent.keyDown(input, { key: 'Enter', keyCode: 229 });
    expect(onSend).not.toHaveBeenCalled();
  });

  it('sends nothing when there is nothing', async () => {
    const onSend = vi.fn();
    show(composer(onSend, 'empty'));
    expect(screen.getByTestId('send-button')).toBeDisabled();
    await userEvent.type(screen.getByTestId('chat-input'), '   {Enter}');
    expect(onSend).not.toHaveBeenCalled();
  });

  it('keeps a draft, and shows one that came back with its reason', async () => {
    const first = show(composer(vi.fn(), 'kept'));
    await userEvent.type(screen.getByTestId('chat-input'), 'half a thought');
    expect(localStorage.getItem('muster:draft:kept')).toBe('half a thought');
    first.unmount();
    drafts.restore('kept', 'refused text', 'The queue is full.');
    show(composer(vi.fn(), 'kept'));
    expect(screen.getByTestId('chat-input')).toHaveValue('refused text\nhalf a thought');
    expect(screen.getByRole('alert')).toHaveTextContent('Not sent: The queue is full.');
  });
});

describe('a message', () => {
  it('is Markdown from an agent, with raw HTML as text', async () => {
    show(
      <Message
        agent="claude"
        message={message({ text: '**bold** <img src=x onerror=alert(1)>' })}
      />,
    );
    expect(await screen.findByText('bold')).toHaveProperty('tagName', 'STRONG');
    expect(document.querySelector('img')).toBeNull();
  });

  it('is plain output from the shell', () => {
    show(<Message agent="shell" message={message({ text: '\u001b[32m**ok**\u001b[0m' })} />);
    expect(screen.getByText('**ok**')).toHaveProperty('tagName', 'PRE');
  });

  it('folds a tool call to one line', async () => {
    const metadata = { tool: 'Bash', status: 'done', output: 'total 0' };
    show(
      <Message agent="claude" message={message({ kind: 'tool', text: 'Bash: ls -l', metadata })} />,
    );
    expect(screen.queryByText('total 0')).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { expanded: false }));
    expect(screen.getByText('total 0')).toBeInTheDocument();
  });

  it('says what to do about an error', () => {
    show(
      <Message
        agent="shell"
        message={message({ kind: 'error', text: 'exit 127: x: not found' })}
      />,
    );
    expect(screen.getByText(/installed and in the PATH/)).toBeInTheDocument();
  });
});

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, createEvent, fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, request } from '@/lib/api';
import type * as Api from '@/lib/api';
import { callSession, type SessionResponse } from '@/shared/websocket';
import type * as WebSocketModule from '@/shared/websocket';
import { message, session } from '@/test/rows';
import { agentKeys, sessionKeys } from '../queries';
import type { SessionDetail } from '../channel';
import { drafts, sessionDraft } from '../drafts';
import { SessionComposer } from './session-composer';

vi.mock('@/shared/websocket', async (load) => ({
  ...(await load<typeof WebSocketModule>()),
  callSession: vi.fn(),
}));
vi.mock('@/lib/api', async (load) => ({ ...(await load<typeof Api>()), request: vi.fn() }));
vi.mock('@/lib/notify', () => ({ notify: { error: vi.fn() } }));

const call = vi.mocked(callSession);
const asked = vi.mocked(request);
const input = () => screen.getByTestId<HTMLTextAreaElement>('chat-input');
const notice = () => screen.getByTestId('composer-notice');
const options = () => screen.queryAllByRole('option').map((option) => option.textContent);

const claude = { id: 'claude', name: 'Claude Code', dialect: 'claude', takes_images: true };

function show(fields: Partial<SessionResponse> = {}, prompts: string[] = []) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(agentKeys.all, [claude]);
  const messages = prompts.map((text, at) => message({ id: `m${at}`, kind: 'user', text }));
  const detail = { messages, queue: [] } as unknown as SessionDetail;
  client.setQueryData(sessionKeys.detail('s1'), detail);
  const tree = (row: SessionResponse) => (
    <QueryClientProvider client={client}>
      <MemoryRouter>
        <SessionComposer session={row} detail={detail} />
        <input aria-label="Other field" />
      </MemoryRouter>
    </QueryClientProvider>
  );
  const row = session({ agent: 'claude', ...fields });
  const { rerender } = render(tree(row));
  return { becomes: (changed: Partial<SessionResponse>) => rerender(tree({ ...row, ...changed })) };
}

beforeEach(() => {
  call.mockReset().mockReturnValue(new Promise<never>(() => undefined));
  asked.mockReset();
  act(() => drafts.clear(sessionDraft('s1')));
});

describe('Escape', () => {
  const working = { state: 'working', queue_length: 2 } as const;
  const cancels = () => call.mock.calls.filter(([, , event]) => event === 'cancel').length;

  it('interrupts when it is pressed twice, and loses nothing that is typed', async () => {
    show(working);
    await userEvent.type(input(), 'half a thought{Escape}');
    expect(notice()).toHaveTextContent('Press Esc again to interrupt; what is queued waits');
    expect(cancels()).toBe(0);
    await userEvent.keyboard('{Escape}');
    expect(cancels()).toBe(1);
    expect(notice()).toHaveTextContent('Interrupting…');
    await userEvent.keyboard('{Escape}{Escape}');
    expect(cancels()).toBe(1);
    expect(input()).toHaveValue('half a thought');
  });

  it.each(['x', '{Shift}'])('is called off by another key (%s)', async (key) => {
    show(working);
    await userEvent.type(input(), `{Escape}${key}`);
    expect(notice()).toBeEmptyDOMElement();
    await userEvent.keyboard('{Escape}');
    expect(cancels()).toBe(0);
  });

  it('forgets the first press after a moment, and at the end of the turn', () => {
    vi.useFakeTimers();
    const { becomes } = show(working);
    const press = () => act(() => void fireEvent.keyDown(document.body, { key: 'Escape' }));
    press();
    act(() => vi.advanceTimersByTime(3_000));
    expect(notice()).toBeEmptyDOMElement();
    press();
    becomes({ state: 'idle' });
    becomes(working);
    press();
    expect(cancels()).toBe(0);
    vi.useRealTimers();
  });

  it('does nothing while nothing runs, in other fields, and for an input method', async () => {
    const { becomes } = show();
    await userEvent.type(input(), '{Escape}{Escape}');
    becomes(working);
    await userEvent.type(screen.getByLabelText('Other field'), '{Escape}{Escape}');
    fireEvent.keyDown(input(), { key: 'Escape', isComposing: true });
    fireEvent.keyDown(input(), { key: 'Escape', keyCode: 229 });
    expect(cancels()).toBe(0);
    expect(notice()).toBeEmptyDOMElement();
  });

  it('closes a list first', async () => {
    show({ ...working, metadata: { commands: [{ name: 'compact' }, { name: 'clear' }] } });
    await userEvent.type(input(), '/c{Escape}');
    expect(options()).toEqual([]);
    expect(notice()).toBeEmptyDOMElement();
    await userEvent.keyboard('{Escape}');
    expect(notice()).toHaveTextContent('Press Esc again');
  });
});

describe('the arrows', () => {
  it('bring back what was sent, and lead back to the empty field; what is edited stays', async () => {
    show({}, ['first', 'second']);
    await userEvent.type(input(), '{ArrowUp}');
    expect(input()).toHaveValue('second');
    await userEvent.keyboard('{ArrowUp}{ArrowUp}');
    expect(input()).toHaveValue('first');
    await userEvent.keyboard('{ArrowDown}{ArrowDown}');
    expect(input()).toHaveValue('');
    await userEvent.keyboard('{ArrowUp}!{ArrowUp}{ArrowDown}');
    expect(input()).toHaveValue('second!');
  });
});

describe('files', () => {
  it('are offered after an @, and taken in the agent’s way', async () => {
    asked.mockResolvedValue({ files: ['src/main.c', 'docs/two words.md'], truncated: false });
    show();
    await userEvent.type(input(), 'look at @');
    await waitFor(() => expect(options()).toEqual(['src/main.c', 'docs/two words.md']));
    expect(screen.getByText(/^Files: 2\. Arrow keys choose/)).toHaveAttribute('role', 'status');
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(input()).toHaveValue('look at @"docs/two words.md" ');
    expect(options()).toEqual([]);
    expect(call).not.toHaveBeenCalled();
  });

  it('are asked for once the typing rests, and narrowed until the answer is here', async () => {
    let signal: AbortSignal | undefined;
    asked
      .mockResolvedValueOnce({ files: ['src/main.c', 'README.md'], truncated: false })
      .mockImplementationOnce((_name, sent) => {
        signal = sent?.signal;
        return new Promise<never>(() => undefined);
      })
      .mockResolvedValueOnce({ files: ['src/maim.c'], truncated: false });
    show();
    await userEvent.type(input(), '@');
    await waitFor(() => expect(options()).toHaveLength(2));
    await userEvent.type(input(), 'mai');
    expect(options()).toEqual(['src/main.c']);
    await waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
    expect(asked.mock.calls[1]?.[1]).toMatchObject({ id: 'p1', query: { query: 'mai' } });
    await userEvent.type(input(), 'm');
    await waitFor(() => expect(options()).toEqual(['src/maim.c']));
    expect(signal?.aborted).toBe(true);
  });

  it('that there are none, or cannot be listed, is said; Enter then sends', async () => {
    asked.mockResolvedValue({ files: [], truncated: false });
    show();
    await userEvent.type(input(), '@nothing');
    expect(await screen.findAllByText('No file matches “nothing”.')).toHaveLength(2);
    asked.mockRejectedValue(new ApiError(422, 'PATH_INVALID', 'The directory is gone.'));
    await userEvent.type(input(), 'x');
    await screen.findAllByText('The files were not listed. The directory is gone.');
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByText(/The directory is gone/)).not.toBeInTheDocument();
    asked.mockResolvedValue({ id: 'x', queued: false });
    await userEvent.keyboard('{Enter}');
    expect(input()).toHaveValue('');
  });

  it('are not offered to an agent that reads none', async () => {
    show({ agent: 'shell' });
    await userEvent.type(input(), '@');
    expect(options()).toEqual([]);
    expect(asked).not.toHaveBeenCalled();
  });
});

it('refuses what is too long, in words, before it is sent', () => {
  show();
  fireEvent.change(input(), { target: { value: 'x'.repeat(1_048_577) } });
  expect(screen.getByRole('alert')).toHaveTextContent('The message is 1 B too long: at most 1 MB.');
  expect(screen.getByTestId('send-button')).toBeDisabled();
  fireEvent.change(input(), { target: { value: 'x'.repeat(1_048_576) } });
  expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  expect(notice()).toHaveTextContent('0 B left');
  expect(screen.getByTestId('send-button')).toBeEnabled();
});

it('on a touch screen breaks the line with Enter, and sends by the button', () => {
  vi.spyOn(window, 'matchMedia').mockImplementation(
    (query) =>
      ({
        matches: query.includes('coarse'),
        addEventListener: vi.fn(),
      }) as unknown as MediaQueryList,
  );
  show();
  fireEvent.change(input(), { target: { value: 'one' } });
  const press = (init: object) => {
    const event = createEvent.keyDown(input(), { key: 'Enter', ...init });
    fireEvent(input(), event);
    return event.defaultPrevented;
  };
  expect(press({})).toBe(false);
  expect(input()).toHaveValue('one');
  expect(press({ ctrlKey: true })).toBe(true);
  expect(input()).toHaveValue('');
});

it('says where dropped files go', () => {
  show();
  fireEvent.dragOver(document.body, { dataTransfer: { types: ['Files'] } });
  expect(screen.getByTestId('drop-overlay')).toHaveTextContent('Drop images to add them');
  fireEvent.dragLeave(document.body, { relatedTarget: null });
  expect(screen.queryByTestId('drop-overlay')).not.toBeInTheDocument();
  fireEvent.dragOver(document.body, { dataTransfer: { types: ['text/plain'] } });
  expect(screen.queryByTestId('drop-overlay')).not.toBeInTheDocument();
});

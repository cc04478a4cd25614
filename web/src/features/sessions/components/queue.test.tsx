import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { notify } from '@/lib/notify';
import { CallError, callSession } from '@/shared/websocket';
import type * as WebSocketModule from '@/shared/websocket';
import { queued } from '@/test/rows';
import { showRequests as show } from '@/test/requests';
import { drafts, sessionDraft } from '../drafts';

vi.mock('@/shared/websocket', async (load) => ({
  ...(await load<typeof WebSocketModule>()),
  callSession: vi.fn(),
}));
vi.mock('@/lib/notify', () => ({
  notify: { error: vi.fn(), info: vi.fn(), warning: vi.fn(), undo: vi.fn(() => () => undefined) },
}));

const call = vi.mocked(callSession);
const calls = () => call.mock.calls.map(([, id, event, payload]) => [id, event, payload]);
const refuse = (code: string, text = 'No.') =>
  call.mockRejectedValueOnce(new CallError(code, text));
const never = () => call.mockReturnValue(new Promise<never>(() => undefined));

beforeEach(() => {
  call.mockReset().mockResolvedValue({});
  vi.mocked(notify.error).mockClear();
  drafts.set(sessionDraft('s1'), '');
});

describe('the queue', () => {
  const [one, two] = [queued({ text: 'first' }), queued({ id: 'q2', text: 'second', position: 2 })];
  const item = (at: number) => within(screen.getAllByTestId('queued-prompt')[at] as HTMLElement);
  const press = (at: number, name: string) =>
    userEvent.click(item(at).getByRole('button', { name }));

  it.each([
    [1, 'Move up', { id: 'q2', position: 1 }],
    [0, 'Move down', { id: 'q1', position: 2 }],
    [0, 'Remove', { id: 'q1', remove: true }],
    [1, 'Stop the running turn and send this now', { id: 'q2', now: true }],
  ])('prompt %i: %s', async (at, name, payload) => {
    never();
    show({ queue: [one, two] });
    await press(at, name);
    expect(calls()).toEqual([['s1', 'edit_queue', payload]]);
    expect(item(at).getByRole('img', { name: 'Saving' })).toBeVisible();
    expect(item(0).getByText('first')).toBeVisible();
    expect(item(1).getByText('second')).toBeVisible();
  });

  it('moves nothing past its ends', () => {
    show({ queue: [one, two] });
    expect(item(0).getByRole('button', { name: 'Move up' })).toBeDisabled();
    expect(item(1).getByRole('button', { name: 'Move down' })).toBeDisabled();
  });

  it('leaves the focus where one works by keyboard', async () => {
    const three = queued({ id: 'q3', text: 'third', position: 3 });
    const { change } = show({ queue: [one, two, three] });
    const focused = () => document.activeElement?.getAttribute('aria-label');
    await press(0, 'Move down');
    await change({ queue: [two, one, three] });
    expect(item(1).getByRole('button', { name: 'Move down' })).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    await change({ queue: [two, three, one] });
    expect(focused()).toContain('Move prompt 3 of 3');
    await press(2, 'Remove');
    await change({ queue: [two, three] });
    expect(focused()).toContain('Move prompt 2 of 2');
    await press(0, 'Edit');
    await userEvent.keyboard('{Escape}');
    expect(focused()).toContain('Move prompt 1 of 2');
  });

  it('says a refusal once, in words', async () => {
    refuse('PROMPT_NOT_QUEUED', 'No prompt with this id waits.');
    show({ queue: [one] });
    await press(0, 'Remove');
    await waitFor(() =>
      expect(notify.error).toHaveBeenCalledExactlyOnceWith(
        'The prompt was not removed. No prompt with this id waits.',
      ),
    );
  });

  it('changes a text with Enter; Escape leaves it as it was', async () => {
    show({ queue: [one] });
    await press(0, 'Edit');
    await userEvent.type(screen.getByLabelText('Queued prompt'), ' thing{Escape}');
    expect(call).not.toHaveBeenCalled();
    await press(0, 'Edit');
    await userEvent.type(screen.getByLabelText('Queued prompt'), ' thing{Enter}');
    expect(calls()).toEqual([['s1', 'edit_queue', { id: 'q1', text: 'first thing' }]]);
    await waitFor(() => expect(screen.queryByLabelText('Queued prompt')).not.toBeInTheDocument());
  });

  it('keeps a change that was refused in its field, with the reason', async () => {
    refuse('INVALID_FIELD', 'That is too long.');
    show({ queue: [one] });
    await press(0, 'Edit');
    await userEvent.type(screen.getByLabelText('Queued prompt'), '!{Enter}');
    expect(await screen.findByRole('alert')).toHaveTextContent('Not saved. That is too long.');
    expect(screen.getByLabelText('Queued prompt')).toHaveValue('first!');
  });

  it('does not give back a change that was saved just before its prompt was sent', async () => {
    let answer: (reply: object) => void = () => undefined;
    call.mockReturnValue(new Promise<never>((resolve) => (answer = resolve as typeof answer)));
    const { change } = show({ queue: [one, two] });
    await press(0, 'Edit');
    await userEvent.type(screen.getByLabelText('Queued prompt'), ' thing{Enter}');
    await change({ queue: [two] });
    answer({});
    await change({ queue: [two] });
    expect(drafts.get(sessionDraft('s1')).text).toBe('');
  });

  it.each(['while it is written', 'when it is saved'])(
    'does not lose a change whose prompt is sent %s',
    async (when) => {
      const { change } = show({ queue: [one, two] });
      await press(0, 'Edit');
      await userEvent.type(screen.getByLabelText('Queued prompt'), ' thing');
      if (when === 'when it is saved') {
        refuse('PROMPT_NOT_QUEUED');
        await userEvent.keyboard('{Enter}');
      }
      await change({ queue: [two] });
      const { text, problem } = drafts.get(sessionDraft('s1'));
      expect(text).toBe('first thing');
      expect(problem).toContain('had left the queue');
    },
  );
});

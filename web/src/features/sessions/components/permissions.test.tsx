import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { notify } from '@/lib/notify';
import { CallError, callSession, eventBus } from '@/shared/websocket';
import type * as WebSocketModule from '@/shared/websocket';
import { permission } from '@/test/rows';
import { showRequests as show } from '@/test/requests';

vi.mock('@/shared/websocket', async (load) => ({
  ...(await load<typeof WebSocketModule>()),
  callSession: vi.fn(),
}));
vi.mock('@/lib/notify', () => ({ notify: { error: vi.fn(), info: vi.fn(), warning: vi.fn() } }));

const call = vi.mocked(callSession);
const calls = () => call.mock.calls.map(([, id, event, payload]) => [id, event, payload]);
const refuse = (code: string, text = 'No.') =>
  call.mockRejectedValueOnce(new CallError(code, text));
const never = () => call.mockReturnValue(new Promise<never>(() => undefined));
const click = (name: string) => userEvent.click(screen.getByRole('button', { name }));

beforeEach(() => {
  // The session is on the screen, so its topic is joined.
  vi.spyOn(eventBus, 'isJoined').mockReturnValue(true);
  call.mockReset().mockResolvedValue({});
  vi.mocked(notify.info).mockClear();
});

const suggestions = [{ type: 'addRules', rules: [{ toolName: 'Bash', ruleContent: 'rm' }] }];

describe('a permission', () => {
  it.each([
    ['Allow', '', { decision: 'allow' }],
    ['Allow', 'not sent with leave', { decision: 'allow' }],
    ['Allow always', '', { decision: 'allow_always' }],
    ['Deny', '', { decision: 'deny' }],
    ['Deny', ' use git clean ', { decision: 'deny', message: 'use git clean' }],
    ['Deny and stop', '', { decision: 'deny_interrupt' }],
    ['Deny and stop', 'wrong', { decision: 'deny_interrupt', message: 'wrong' }],
  ])('%s, with the message "%s"', async (name, message, answer) => {
    show({ permissions: [permission({ suggestions })] });
    if (message) await userEvent.type(screen.getByLabelText(/with a denial/), message);
    await click(name);
    expect(calls()).toEqual([['s1', 'answer_permission', { id: 'r1', ...answer }]]);
  });

  it('says what is asked, what it would do, and what it is given', async () => {
    show({ permissions: [permission({ input: { command: 'make\ninstall', timeout: 5 } })] });
    expect(screen.getByRole('group', { name: 'Claude Code wants to use Bash' })).toBeVisible();
    expect(screen.getByLabelText('What it would do')).toHaveTextContent('make install');
    expect(screen.queryByText('timeout')).not.toBeInTheDocument();
    await click('Everything that Bash is given');
    expect(screen.getByText('timeout').nextSibling).toHaveTextContent('5');
  });

  it('offers "always" only with a rule, and says which', () => {
    const { unmount } = show({ permissions: [permission({ suggestions })] });
    const always = screen.getByRole('button', { name: 'Allow always' });
    expect(always).toHaveAccessibleDescription('Allow always adds: allow Bash(rm).');
    unmount();
    show({ permissions: [permission()] });
    expect(screen.queryByRole('button', { name: 'Allow always' })).not.toBeInTheDocument();
  });

  it('says so where its input did not come', () => {
    show({ permissions: [permission({ input: null })] });
    expect(screen.getByText(/too large to show/)).toBeVisible();
  });

  it('is announced, and leaves the focus where it is', async () => {
    const { change } = show({});
    screen.getByLabelText('Composer').focus();
    await change({ permissions: [permission()] });
    expect(screen.getByRole('status')).toHaveTextContent('Claude Code wants to use Bash');
    expect(screen.getByLabelText('Composer')).toHaveFocus();
  });

  it('is answered once, and stays so until the server has said it', async () => {
    const { change } = show({ permissions: [permission()] });
    await click('Allow');
    for (const button of ['Allow', 'Deny', 'Deny and stop'])
      expect(screen.getByRole('button', { name: button })).toBeDisabled();
    await change({ permissions: [permission()] });
    expect(screen.getByRole('button', { name: 'Allow' })).toBeEnabled();
    await change({});
    expect(screen.queryByTestId('permission-card')).not.toBeInTheDocument();
    expect(call).toHaveBeenCalledOnce();
  });

  it('answered by keyboard leaves the place from where Tab goes on', async () => {
    const { change } = show({ permissions: [permission()] });
    screen.getByRole('button', { name: 'Deny and stop' }).focus();
    await userEvent.keyboard('{Enter}');
    await change({});
    expect(screen.queryByTestId('permission-card')).not.toBeInTheDocument();
    expect(document.body).not.toHaveFocus();
    await userEvent.tab();
    expect(screen.getByLabelText('Composer')).toHaveFocus();
  });

  it('shows one answer on its way, and leaves the others alone', async () => {
    never();
    show({ permissions: [permission(), permission({ id: 'r2', tool: 'Write' })] });
    const [first, second] = screen.getAllByTestId('permission-card') as [HTMLElement, HTMLElement];
    await userEvent.click(within(second).getByRole('button', { name: 'Allow' }));
    expect(second).toHaveAttribute('aria-busy', 'true');
    expect(within(first).getByRole('button', { name: 'Allow' })).toBeEnabled();
    expect(calls()).toEqual([['s1', 'answer_permission', { id: 'r2', decision: 'allow' }]]);
  });

  it('goes away quietly where somebody was faster', async () => {
    refuse('ALREADY_ANSWERED');
    show({ permissions: [permission(), permission({ id: 'r2', tool: 'Write' })] });
    await userEvent.click(screen.getAllByRole('button', { name: 'Allow' })[0] as HTMLElement);
    await waitFor(() => expect(screen.getAllByTestId('permission-card')).toHaveLength(1));
    expect(notify.info).toHaveBeenCalledExactlyOnceWith('Bash: answered elsewhere.');
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('says why an answer failed, and can be answered again', async () => {
    refuse('TIMEOUT', 'The server did not answer.');
    show({ permissions: [permission()] });
    await click('Deny');
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('The answer did not arrive. The server did not answer.');
    await click('Allow');
    expect(calls().at(-1)?.[2]).toEqual({ id: 'r1', decision: 'allow' });
  });
});

describe('a question', () => {
  const options = [{ label: 'Red', description: 'warm' }, { label: 'Blue' }];
  const colour = { question: 'Which colour?', header: 'Colour', multiSelect: false, options };
  const parts = {
    question: 'Which parts?',
    header: 'Parts',
    multiSelect: true,
    options: [{ label: 'Top' }, { label: 'Side' }],
  };
  const asked = (...questions: unknown[]) =>
    permission({ kind: 'question', tool: 'AskUserQuestion', title: 'AskUserQuestion', questions });

  it('is answered with one label, or with several and free text', async () => {
    show({ permissions: [asked(colour, parts)] });
    expect(screen.getByRole('group', { name: 'Claude Code asks 2 questions' })).toBeVisible();
    await userEvent.click(screen.getByRole('radio', { name: /Red/ }));
    expect(screen.getByRole('button', { name: 'Send answers' })).toBeDisabled();
    await userEvent.click(screen.getByRole('checkbox', { name: 'Side' }));
    await userEvent.click(screen.getByRole('checkbox', { name: 'Top' }));
    await userEvent.type(screen.getByLabelText('Other answer: Which parts?'), 'the lid');
    await click('Send answers');
    const answers = { 'Which colour?': 'Red', 'Which parts?': 'Top, Side, the lid' };
    expect(calls()).toEqual([
      ['s1', 'answer_permission', { id: 'r1', decision: 'allow', answers }],
    ]);
  });

  it('takes free text in place of a label', async () => {
    show({ permissions: [asked(colour)] });
    await userEvent.click(screen.getByRole('radio', { name: 'Blue' }));
    await userEvent.type(screen.getByLabelText('Other answer: Which colour?'), 'Green');
    expect(screen.getByRole('radio', { name: 'Blue' })).not.toBeChecked();
    await click('Send answer');
    expect(calls()[0]?.[2]).toMatchObject({ answers: { 'Which colour?': 'Green' } });
  });

  it('is dismissed by a denial', async () => {
    show({ permissions: [asked(colour)] });
    await click('Dismiss');
    expect(calls()).toEqual([['s1', 'answer_permission', { id: 'r1', decision: 'deny' }]]);
  });

  it('that did not come can only be denied', () => {
    show({ permissions: [permission({ kind: 'question', input: null, questions: null })] });
    expect(screen.queryByRole('button', { name: 'Allow' })).not.toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Deny' })).toBeEnabled();
  });

  it('keeps what was chosen over a sync', async () => {
    const { change } = show({ permissions: [asked(colour)] });
    await userEvent.click(screen.getByRole('radio', { name: 'Blue' }));
    await change({ permissions: [asked(colour)] });
    expect(screen.getByRole('radio', { name: 'Blue' })).toBeChecked();
  });
});

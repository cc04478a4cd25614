import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { notify } from '@/lib/notify';
import type { Note } from '../notes';
import { showNotification } from '../notifications';
import { attentionStore, LEVELS_KEPT } from '../settings-store';
import { playTone } from '../tones';
import { AttentionHint } from './attention-hint';
import { AttentionSettings } from './attention-settings';

vi.mock('@/lib/notify', () => ({ notify: { info: vi.fn() } }));
vi.mock('../tones', () => ({ playTone: vi.fn() }));

const made = vi.fn();
let clicked: (() => void) | null;

class FakeNotification {
  static permission: NotificationPermission = 'default';
  static requestPermission = vi.fn(async () => FakeNotification.permission);
  close = vi.fn();
  constructor(title: string, options: NotificationOptions) {
    made(title, options, this.close);
  }
  set onclick(listener: () => void) {
    clicked = listener;
  }
}

beforeEach(() => {
  made.mockReset();
  FakeNotification.requestPermission.mockClear();
  FakeNotification.permission = 'default';
  vi.stubGlobal('Notification', FakeNotification);
  Object.defineProperty(window, 'isSecureContext', { configurable: true, value: true });
  comeBack();
  attentionStore.reload();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** To the page, after which the browser's own settings may be others. */
const comeBack = () => void window.dispatchEvent(new Event('focus'));

/** The person's answer to the browser's question. */
function answers(answer: NotificationPermission) {
  FakeNotification.requestPermission.mockImplementationOnce(async () => {
    return (FakeNotification.permission = answer);
  });
}

describe('the settings', () => {
  const box = (name: string) => screen.getByRole('checkbox', { name });

  it('ask the browser on a click, then show a test, and are kept', async () => {
    render(<AttentionSettings />);
    expect(box('Notification: Finished')).toBeDisabled();
    expect(FakeNotification.requestPermission).not.toHaveBeenCalled();
    answers('granted');
    await userEvent.click(screen.getByRole('button', { name: 'Turn on notifications' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Show a test notification' }));
    expect(made.mock.calls[0]?.[0]).toBe('muster can reach you');
    await userEvent.click(box('Notification: Finished'));
    await userEvent.click(box('Sound: Failed'));
    expect(box('Notification: Finished')).not.toBeChecked();
    expect(JSON.parse(localStorage.getItem('muster:attention') ?? '')).toEqual({
      notify: { needs_you: true, failed: true, finished: false },
      sound: { needs_you: false, failed: true, finished: false },
    });
    await userEvent.click(screen.getByRole('button', { name: 'Play the sound: Needs you' }));
    expect(playTone).toHaveBeenCalledExactlyOnceWith('needs_you');
  });

  it.each<[NotificationPermission, boolean, RegExp]>([
    ['denied', true, /^This browser blocks notifications of this page\. Allow them/],
    ['denied', false, /^Browsers show notifications only for pages on HTTPS or localhost/],
  ])('say what to do where there are none (%s, secure: %s)', (permission, value, words) => {
    FakeNotification.permission = permission;
    Object.defineProperty(window, 'isSecureContext', { configurable: true, value });
    render(<AttentionSettings />);
    expect(screen.getByText(words)).toBeVisible();
    expect(screen.queryByRole('button', { name: /notification/i })).not.toBeInTheDocument();
  });

  it('are the same in every tab', async () => {
    render(<AttentionSettings />);
    localStorage.setItem('muster:attention', '{"sound":{"finished":true}}');
    window.dispatchEvent(new StorageEvent('storage', { key: 'muster:attention' }));
    await waitFor(() => expect(box('Sound: Finished')).toBeChecked());
  });
});

it('a session has a level of its own; of too many the oldest goes', () => {
  attentionStore.setLevel('first', 'none');
  expect(attentionStore.level('first')).toBe('none');
  attentionStore.setLevel('first', 'default');
  expect(localStorage.getItem('muster:attention-sessions')).toBeNull();
  const many = Array.from({ length: LEVELS_KEPT }, (_, at) => [`s${at}`, 'all']);
  localStorage.setItem('muster:attention-sessions', JSON.stringify(Object.fromEntries(many)));
  attentionStore.setLevel('last', 'needs_you');
  expect(['s0', 's1', 'last'].map(attentionStore.level)).toEqual(['default', 'all', 'needs_you']);
});

describe('the offer', () => {
  it('is there while something works and nothing was decided, and goes for good', async () => {
    const { rerender, unmount } = render(<AttentionHint working={false} />);
    expect(screen.queryByTestId('attention-hint')).not.toBeInTheDocument();
    rerender(<AttentionHint working />);
    await userEvent.click(screen.getByRole('button', { name: 'Not now' }));
    expect(screen.queryByTestId('attention-hint')).not.toBeInTheDocument();
    unmount();
    render(<AttentionHint working />);
    expect(screen.queryByTestId('attention-hint')).not.toBeInTheDocument();
    expect(FakeNotification.requestPermission).not.toHaveBeenCalled();
  });

  it('says what to do where the browser then refuses', async () => {
    render(<AttentionHint working />);
    answers('denied');
    await userEvent.click(screen.getByRole('button', { name: 'Turn on notifications' }));
    await waitFor(() => expect(notify.info).toHaveBeenCalledOnce());
  });
});

describe('a notification', () => {
  const note: Note = { tag: 't', title: 'Fix it finished', body: 'P', path: '/x', news: [] };

  it('is silent, replaces the former one, and leads to its session', () => {
    FakeNotification.permission = 'granted';
    const open = vi.fn();
    const close = showNotification(note, open);
    const [title, options, closed] = made.mock.calls[0] ?? [];
    expect([title, options]).toEqual([
      'Fix it finished',
      expect.objectContaining({ tag: 't', body: 'P', silent: true, renotify: true }),
    ]);
    vi.spyOn(window, 'focus').mockImplementation(() => undefined);
    clicked?.();
    expect(open).toHaveBeenCalledExactlyOnceWith('/x');
    close();
    expect(closed).toHaveBeenCalledTimes(2);
  });

  it('is not made without leave', () => {
    showNotification(note, vi.fn());
    expect(made).not.toHaveBeenCalled();
  });

  it('asks the browser for leave once, and again when one comes back', () => {
    const asked = vi.fn((): NotificationPermission => 'granted');
    vi.stubGlobal(
      'Notification',
      class extends FakeNotification {
        static override get permission() {
          return asked();
        }
      },
    );
    for (let n = 0; n < 3; n += 1) showNotification(note, vi.fn());
    expect(made).toHaveBeenCalledTimes(3);
    expect(asked).toHaveBeenCalledOnce();
    asked.mockReturnValue('denied');
    comeBack();
    showNotification(note, vi.fn());
    expect(made).toHaveBeenCalledTimes(3);
  });

  it('comes from the service worker where only that may show one', async () => {
    FakeNotification.permission = 'granted';
    made.mockImplementation(() => {
      throw new TypeError('Illegal constructor');
    });
    const close = vi.fn();
    const registration = {
      showNotification: vi.fn(async () => undefined),
      getNotifications: vi.fn(async () => [{ close }]),
    };
    const serviceWorker = { getRegistration: async () => registration };
    Object.defineProperty(navigator, 'serviceWorker', { configurable: true, value: serviceWorker });
    const stop = showNotification(note, vi.fn());
    await waitFor(() => expect(registration.showNotification).toHaveBeenCalledOnce());
    stop();
    await waitFor(() => expect(close).toHaveBeenCalledOnce());
    expect(registration.getNotifications).toHaveBeenCalledWith({ tag: 't' });
  });
});

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createEvent, fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { upload } from '@/lib/upload';
import { drafts } from '../drafts';
import { uploads } from '../uploads';
import { Composer } from './composer';

vi.mock('@/lib/upload', () => ({ upload: vi.fn() }));
const sent = vi.mocked(upload);

const id = (letter: string) => letter.repeat(64);
const png = (name = 'a.png', bytes = 3) =>
  new File([new Uint8Array(bytes)], name, { type: 'image/png' });
const onSend = vi.fn();
const commands = ['compact', 'review'].map((name) => ({
  name,
  description: `To ${name}`,
  hint: '',
}));
const show = (key: string, noImages: string | null = null) =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Composer
        {...{ draftKey: key, focusKey: 'f', placeholder: 'Say', onSend, noImages, commands }}
      />
    </QueryClientProvider>,
  );
const input = () => screen.getByTestId<HTMLTextAreaElement>('chat-input');
const chips = () => screen.queryAllByTestId('attachment');

beforeEach(() => {
  onSend.mockReset();
  sent.mockReset().mockResolvedValue({ id: id('a'), type: 'image/png', bytes: 3 });
  URL.createObjectURL = () => 'blob:x';
  URL.revokeObjectURL = () => undefined;
});

describe('images', () => {
  it('are sent as they are chosen, and go with the message', async () => {
    show('chosen');
    await userEvent.upload(screen.getByTestId('image-input'), png());
    await waitFor(() => expect(chips()).toHaveLength(1));
    expect(sent.mock.calls[0]?.[0]).toBe('/api/images');
    expect(screen.getByTestId('send-button')).toBeDisabled();
    await userEvent.type(input(), 'What is this?{Enter}');
    expect(onSend).toHaveBeenCalledExactlyOnceWith('What is this?', [
      { id: id('a'), type: 'image/png', bytes: 3 },
    ]);
  });

  it('are taken from the clipboard, and text with a picture of itself is not', async () => {
    show('pasted');
    const paste = (types: string[]) => {
      const event = createEvent.paste(input(), { clipboardData: { files: [png()], types } });
      fireEvent(input(), event);
      return event.defaultPrevented;
    };
    expect(paste(['text/plain', 'Files'])).toBe(false);
    expect(paste(['Files'])).toBe(true);
    await waitFor(() => expect(chips()).toHaveLength(1));
    expect(sent).toHaveBeenCalledOnce();
  });

  it('are dropped, kept over a reload, and removed', async () => {
    const { unmount } = show('dropped');
    fireEvent.drop(input(), { dataTransfer: { files: [png()], types: ['Files'] } });
    await waitFor(() => expect(chips()).toHaveLength(1));
    expect(localStorage.getItem('muster:draft-images:dropped')).toContain(id('a'));
    unmount();
    show('dropped');
    await userEvent.click(screen.getByRole('button', { name: /^Remove Image, PNG/ }));
    expect(chips()).toHaveLength(0);
    expect(localStorage.getItem('muster:draft-images:dropped')).toBeNull();
  });

  it('on their way show how far, hold the message back, and can be stopped', async () => {
    let tell: (part: number) => void = () => undefined;
    let signal: AbortSignal | undefined;
    sent.mockImplementation((_path, _file, onProgress, stop) => {
      [tell, signal] = [onProgress, stop];
      return new Promise<never>(() => undefined);
    });
    show('slow');
    await userEvent.upload(screen.getByTestId('image-input'), png('slow.png'));
    await userEvent.type(input(), 'text');
    expect(screen.getByTestId('send-button')).toBeDisabled();
    tell(0.5);
    await waitFor(() =>
      expect(screen.getByRole('progressbar', { name: 'Sending slow.png' })).toHaveValue(0.5),
    );
    await userEvent.click(screen.getByRole('button', { name: 'Stop sending slow.png' }));
    expect(signal?.aborted).toBe(true);
    expect(screen.getByTestId('send-button')).toBeEnabled();
  });

  it.each<[string, string | null, File[], string]>([
    ['wrong', null, [new File(['x'], 'x.svg', { type: 'image/svg+xml' })], 'x.svg is not a PNG'],
    ['none', 'Shell takes no images.', [png()], 'Shell takes no images.'],
  ])('that are %s are refused in words', (key, noImages, files, words) => {
    show(key, noImages);
    fireEvent.drop(input(), { dataTransfer: { files, types: ['Files'] } });
    expect(screen.getByRole('alert')).toHaveTextContent(words);
    expect(sent).not.toHaveBeenCalled();
  });

  it('are ten at most', async () => {
    let count = 0;
    sent.mockImplementation(() => {
      count += 1;
      return Promise.resolve({
        id: id('0123456789abcdef'[count] ?? ''),
        type: 'image/png',
        bytes: 3,
      });
    });
    show('many');
    const files = Array.from({ length: 11 }, (_, index) => png(`${index}.png`));
    fireEvent.drop(input(), { dataTransfer: { files, types: ['Files'] } });
    expect(screen.getByRole('alert')).toHaveTextContent('10.png was left out');
    await waitFor(() => expect(chips()).toHaveLength(10));
  });

  it('that the server refuses are said with its reason', async () => {
    sent.mockRejectedValue(new Error('It is no image.'));
    show('refused');
    await userEvent.upload(screen.getByTestId('image-input'), png('bad.png'));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'bad.png was not taken. It is no image.',
    );
    expect(uploads.all()).toEqual([]);
  });

  it('of a message that came back are there again', () => {
    drafts.restore('back', 'text', 'The queue is full.', [
      { id: id('c'), type: 'image/png', bytes: 3 },
    ]);
    show('back');
    expect(chips()).toHaveLength(1);
    expect(input()).toHaveValue('text');
  });

  it('stay away from an agent that takes none', () => {
    drafts.setImages('other', () => [{ id: id('c'), type: 'image/png', bytes: 3 }]);
    drafts.set('other', 'text');
    show('other', 'Shell takes no images.');
    expect(screen.getByRole('alert')).toHaveTextContent('Shell takes no images.');
    expect(screen.getByTestId('send-button')).toBeDisabled();
  });
});

describe('slash commands', () => {
  const options = () => screen.queryAllByRole('option').map((option) => option.textContent);

  it('are offered, chosen by the arrows, and taken by Enter', async () => {
    show('keys');
    await userEvent.type(input(), '/');
    expect(options()).toEqual(['/compactTo compact', '/reviewTo review']);
    await userEvent.keyboard('{ArrowDown}');
    const active = input().getAttribute('aria-activedescendant') ?? '';
    expect(document.getElementById(active)).toHaveTextContent('/review');
    await userEvent.keyboard('{Enter}');
    expect(input()).toHaveValue('/review ');
    expect(options()).toEqual([]);
    expect(onSend).not.toHaveBeenCalled();
    await userEvent.keyboard('{Enter}');
    expect(onSend).toHaveBeenCalledWith('/review', []);
  });

  it('are narrowed by typing, taken by Tab or a click, and closed by Escape', async () => {
    show('narrow');
    await userEvent.type(input(), '/co{Tab}');
    expect(input()).toHaveValue('/compact ');
    await userEvent.clear(input());
    await userEvent.type(input(), '/{Escape}');
    expect(options()).toEqual([]);
    await userEvent.type(input(), 'r');
    expect(options()).toEqual([]);
    await userEvent.clear(input());
    await userEvent.type(input(), '/r');
    await userEvent.click(screen.getByRole('option', { name: /review/ }));
    expect(input()).toHaveValue('/review ');
    expect(input()).toHaveFocus();
  });

  it('that are typed out are sent', async () => {
    show('whole');
    await userEvent.type(input(), '/compact{Enter}');
    expect(onSend).toHaveBeenCalledWith('/compact', []);
  });
});

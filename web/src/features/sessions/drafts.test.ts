import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { drafts } from './drafts';

/** What another tab has stored. */
function elsewhere(key: string, value: string | null) {
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, value);
  window.dispatchEvent(new StorageEvent('storage', { key, newValue: value }));
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('is one in all tabs: what another tab typed or sent is here, and this tab goes on from it', () => {
  drafts.set('a', 'mine');
  const told = vi.fn();
  const stop = drafts.subscribe(told);
  elsewhere('muster:draft:a', 'mine and theirs');
  expect(drafts.get('a').text).toBe('mine and theirs');
  expect(told).toHaveBeenCalledOnce();
  elsewhere('muster:draft:a', null);
  expect(drafts.get('a').text).toBe('');
  stop();
});

it('keeps the reason why a text came back until the text is another', () => {
  drafts.restore('b', 'text', 'The queue is full.');
  elsewhere('muster:draft-images:b', '[]');
  expect(drafts.get('b').problem).toBe('The queue is full.');
  elsewhere('muster:draft:b', 'other');
  expect(drafts.get('b').problem).toBeNull();
});

it('stores a long text when the typing rests, and at the latest when the page goes', () => {
  const long = 'x'.repeat(30_000);
  drafts.set('c', long);
  expect(localStorage.getItem('muster:draft:c')).toBeNull();
  elsewhere('muster:draft:c', 'an older one');
  expect(drafts.get('c').text).toBe(long);
  vi.advanceTimersByTime(500);
  expect(localStorage.getItem('muster:draft:c')).toBe(long);
  drafts.set('c', `${long}y`);
  window.dispatchEvent(new Event('pagehide'));
  expect(localStorage.getItem('muster:draft:c')).toBe(`${long}y`);
});

it('says that a text is too large to be kept', () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  drafts.set('d', 'text');
  expect(drafts.get('d')).toMatchObject({ text: 'text', unkept: true });
  vi.restoreAllMocks();
  drafts.set('d', 'te');
  expect(drafts.get('d').unkept).toBe(false);
});

import { expect, it, vi } from 'vitest';
import { followKeyboard } from './keyboard-inset';

it.each([
  ['a keyboard', { height: 400, scale: 1 }, '368px'],
  ['a bar of the browser', { height: 720, scale: 1 }, '0px'],
  ['a page that is zoomed in', { height: 300, scale: 2 }, '0px'],
])('the page ends above %s', (_what, size, inset) => {
  const viewport = Object.assign(new EventTarget(), size) as unknown as VisualViewport;
  vi.spyOn(window, 'scrollTo').mockImplementation(() => undefined);
  followKeyboard(viewport);
  viewport.dispatchEvent(new Event('resize'));
  expect(document.documentElement.style.getPropertyValue('--keyboard')).toBe(inset);
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { keyCaps, listenForShortcuts, matches, shortcuts } from './shortcuts';

const stroke = (key: string, held: Partial<KeyboardEventInit> = {}) =>
  new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...held });

describe('a chord', () => {
  it.each([
    ['Mod+K', 'k', { ctrlKey: true }, true],
    ['Mod+K', 'k', {}, false],
    ['Mod+K', 'k', { ctrlKey: true, shiftKey: true }, false],
    ['Mod+Shift+O', 'O', { ctrlKey: true, shiftKey: true }, true],
    ['Alt+ArrowDown', 'ArrowDown', { altKey: true }, true],
    ['j', 'j', {}, true],
    ['j', 'J', { shiftKey: true }, false],
    ['?', '?', { shiftKey: true }, true],
    ['/', '/', { shiftKey: true }, true],
  ])('%s is pressed by %s %o: %s', (chord, key, held, expected) => {
    expect(matches(chord, stroke(key, held), false)).toBe(expected);
  });

  it('is Cmd on a Mac, and Ctrl elsewhere', () => {
    expect(matches('Mod+K', stroke('k', { metaKey: true }), true)).toBe(true);
    expect(matches('Mod+K', stroke('k', { ctrlKey: true }), true)).toBe(false);
    expect(matches('Mod+K', stroke('k', { metaKey: true }), false)).toBe(false);
  });

  it('is not two shortcuts', () => {
    const all = Object.values(shortcuts).flatMap(({ keys }) => keys as readonly string[]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('is shown as its keys', () => {
    expect(keyCaps('Alt+ArrowDown')).toEqual(['Alt', '↓']);
  });
});

describe('listening', () => {
  let stop = () => {};
  afterEach(() => {
    stop();
    document.body.replaceChildren();
  });
  const listen = () => {
    const run = vi.fn();
    stop = listenForShortcuts(run);
    return run;
  };

  it('leaves plain keys to a field, and takes those with a modifier', () => {
    const run = listen();
    const field = document.body.appendChild(document.createElement('textarea'));
    field.dispatchEvent(stroke('j'));
    expect(run).not.toHaveBeenCalled();
    field.dispatchEvent(stroke('k', { ctrlKey: true }));
    expect(run).toHaveBeenLastCalledWith('palette');
    document.body.dispatchEvent(stroke('j'));
    expect(run).toHaveBeenLastCalledWith('next');
  });

  it('leaves everything to a dialog that is open', () => {
    const run = listen();
    document.body.innerHTML = '<div role="dialog"></div>';
    document.body.dispatchEvent(stroke('k', { ctrlKey: true }));
    expect(run).not.toHaveBeenCalled();
  });

  it('leaves a key that somebody has used, or that is held down', () => {
    const run = listen();
    const used = stroke('j');
    used.preventDefault();
    document.body.dispatchEvent(used);
    document.body.dispatchEvent(stroke('j', { repeat: true }));
    expect(run).not.toHaveBeenCalled();
  });
});

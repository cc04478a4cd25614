/** Every shortcut of the page, once: what listens, the help sheet and the palette read this table. */
export const shortcuts = {
  palette: { keys: ['Mod+K'], label: 'Command palette', group: 'Go to' },
  next: { keys: ['Alt+ArrowDown', 'j'], label: 'Next session', group: 'Go to' },
  previous: { keys: ['Alt+ArrowUp', 'k'], label: 'Previous session', group: 'Go to' },
  needsMe: { keys: ['Mod+J', 'n'], label: 'Next session that needs me', group: 'Go to' },
  settings: { keys: ['Mod+,'], label: 'Settings', group: 'Go to' },
  newSession: { keys: ['Mod+Shift+O', 'c'], label: 'New session', group: 'Do' },
  composer: { keys: ['i'], label: 'Write a message', group: 'Do' },
  search: { keys: ['/'], label: 'Search the sessions', group: 'Do' },
  sidebar: { keys: ['Mod+B'], label: 'Show or hide the sidebar', group: 'Page' },
  help: { keys: ['?'], label: 'Keyboard shortcuts', group: 'Page' },
} as const satisfies Record<string, Shortcut>;

export interface Shortcut {
  keys: readonly string[];
  label: string;
  group: 'Go to' | 'Do' | 'Page';
}

export type ShortcutId = keyof typeof shortcuts;

const isMac = /Mac|iP(hone|ad|od)/.test(navigator.platform);
const signs: Record<string, string> = {
  Mod: isMac ? '⌘' : 'Ctrl',
  Alt: isMac ? '⌥' : 'Alt',
  Shift: isMac ? '⇧' : 'Shift',
  ArrowDown: '↓',
  ArrowUp: '↑',
};

/** ["Ctrl", "K"]: what is printed on the keys. */
export function keyCaps(chord: string): string[] {
  return chord.split('+').map((key) => signs[key] ?? key.toUpperCase());
}

/** "Ctrl+K", for a tooltip. */
export function shortcutText(id: ShortcutId): string {
  return keyCaps(shortcuts[id].keys[0]).join(isMac ? '' : '+');
}

const ariaNames: Record<string, string> = { Mod: isMac ? 'Meta' : 'Control' };

/** For the button that does the same: its tooltip, and what a screen reader says. */
export function withShortcut(id: ShortcutId, title: string) {
  const { keys } = shortcuts[id];
  const spoken = keys.map((chord) =>
    chord
      .split('+')
      .map((key) => ariaNames[key] ?? key)
      .join('+'),
  );
  return { title: `${title} (${shortcutText(id)})`, 'aria-keyshortcuts': spoken.join(' ') };
}

type Stroke = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

export function matches(chord: string, stroke: Stroke, mac = isMac): boolean {
  const parts = chord.split('+');
  const key = parts.pop() ?? '';
  const mod = parts.includes('Mod');
  if (stroke.ctrlKey !== (mod && !mac) || stroke.metaKey !== (mod && mac)) return false;
  if (stroke.altKey !== parts.includes('Alt')) return false;
  // Where a sign is on the keyboard, and whether it needs Shift, is the keyboard's affair.
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase();
  if (!isSign && stroke.shiftKey !== parts.includes('Shift')) return false;
  return stroke.key.toLowerCase() === key.toLowerCase();
}

/** A key without a modifier is text where one types, and belongs to the menu or dialog that is open. */
function isTaken(event: KeyboardEvent): boolean {
  const { target } = event;
  if (document.querySelector('[role=dialog], [role=menu], [role=alertdialog]')) return true;
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select, [role=textbox]');
}

/** Says which shortcut was pressed, until the function that it returns is called. */
export function listenForShortcuts(run: (id: ShortcutId) => void): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    const ids = Object.keys(shortcuts) as ShortcutId[];
    const id = ids.find((each) => shortcuts[each].keys.some((chord) => matches(chord, event)));
    if (!id || isTaken(event)) return;
    event.preventDefault();
    run(id);
  };
  window.addEventListener('keydown', onKeyDown);
  return () => window.removeEventListener('keydown', onKeyDown);
}

import type { DirectoryEntry } from '@/shared/websocket';

/** What is typed, taken apart: the directory to look into, and the beginning of a name in it. */
export interface PathText {
  /** null: there is nothing to list yet. */
  directory: string | null;
  partial: string;
}

export function takeApart(typed: string): PathText {
  const text = typed.trim();
  if (text === '~') return { directory: '~', partial: '' };
  if (!text.startsWith('/') && !text.startsWith('~/')) return { directory: null, partial: '' };
  const cut = text.lastIndexOf('/');
  return { directory: text.slice(0, cut) || '/', partial: text.slice(cut + 1) };
}

/** What fits the beginning of a name: those that begin so, then those that contain it. Hidden ones wait for a dot. */
export function fitting(all: readonly DirectoryEntry[], partial: string): DirectoryEntry[] {
  const wanted = partial.toLowerCase();
  const shown = all.filter(({ name }) => partial.startsWith('.') || !name.startsWith('.'));
  const begins = shown.filter(({ name }) => name.toLowerCase().startsWith(wanted));
  const has = shown.filter(({ name }) => name.toLowerCase().indexOf(wanted) > 0);
  return [...begins, ...has];
}

/** What Tab makes of it, as in a shell: the one that fits, or as much as all that fit have in common. */
export function completed(typed: string, all: readonly DirectoryEntry[]): string {
  const { directory, partial } = takeApart(typed);
  if (directory === null) return typed;
  const base = directory.endsWith('/') ? directory : `${directory}/`;
  const names = fitting(all, partial).map(({ name }) => name);
  const same = names.filter((name) => name.toLowerCase().startsWith(partial.toLowerCase()));
  const [only, ...others] = same.length > 0 ? same : names;
  if (only === undefined) return typed;
  if (others.length === 0) return `${base}${only}/`;
  if (same.length === 0) return typed;
  const common = others.reduce(commonStart, only);
  return common.length > partial.length ? base + common : typed;
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}

/** The path that is meant: without the slash that ends it. */
export function meantPath(typed: string): string {
  const text = typed.trim();
  return text.length > 1 ? text.replace(/\/+$/, '') || '/' : text;
}

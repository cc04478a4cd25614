import { type Command, matchCommands } from './commands';
import { marksOf, type Mention, mentionText, type MentionStyle } from './mentions';
import type { FoundFiles } from './use-files';

export interface CompletionItem {
  key: string;
  /** What is put in the place of what was typed. */
  insert: string;
  name: string;
  /** Characters of the name that were typed. */
  marks: ReadonlySet<number>;
  hint: string;
  description: string;
}

/** What may be typed next. */
export interface Completion {
  /** The same as long as it is the same slash or at. */
  id: string;
  label: string;
  query: string;
  /** The part of the text that is replaced. */
  start: number;
  end: number;
  items: readonly CompletionItem[];
  /** Instead of items, or after them. */
  note: string;
}

/** Commands are for a text that begins with a slash. One that is typed out needs no choosing. */
export function commandCompletion(commands: readonly Command[], text: string): Completion | null {
  const found = matchCommands(commands, text);
  const whole = found.length === 1 && text === `/${found[0]?.name}`;
  if (found.length === 0 || whole) return null;
  const query = text.slice(1);
  const items = found.map(({ name, hint, description }) => ({
    ...{ key: name, insert: `/${name} `, name: `/${name}`, hint, description },
    marks: new Set([...marksOf(name, query)].map((at) => at + 1)),
  }));
  return { id: '/', label: 'Commands', query, start: 0, end: text.length, items, note: '' };
}

export function fileCompletion(
  { start, query }: Mention,
  caret: number,
  { files, truncated, note }: FoundFiles,
  style: MentionStyle,
): Completion {
  const items = files.map((path) => ({
    ...{ key: path, insert: `${mentionText(path, style)} `, name: path, hint: '', description: '' },
    marks: marksOf(path, query),
  }));
  const more = truncated ? 'More files match: type more of the name.' : '';
  return {
    ...{ id: `@${start}`, label: 'Files', query, start, end: caret, items },
    note: note || more,
  };
}

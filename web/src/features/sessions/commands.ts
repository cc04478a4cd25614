import { recordsOf, textOf } from '@/lib/unknown';
import type { SessionResponse } from '@/shared/websocket';

export interface Command {
  /** Without its slash. */
  name: string;
  description: string;
  /** What may follow it. */
  hint: string;
}

const SHOWN = 50;

export function commandsOf(metadata: SessionResponse['metadata']): Command[] {
  const seen = new Set<string>();
  return recordsOf(metadata?.commands).flatMap(({ name, description, hint }) => {
    const bare = textOf(name).replace(/^\//, '');
    if (bare === '' || /\s/.test(bare) || seen.has(bare)) return [];
    seen.add(bare);
    return [{ name: bare, description: textOf(description), hint: textOf(hint) }];
  });
}

/** What a text that begins with a slash may become; those that begin so come first. */
export function matchCommands(commands: readonly Command[], text: string): Command[] {
  const typed = /^\/(\S*)$/.exec(text)?.[1]?.toLowerCase();
  if (typed === undefined) return [];
  const place = ({ name }: Command) => name.toLowerCase().indexOf(typed);
  const starts = commands.filter((command) => place(command) === 0);
  const has = commands.filter((command) => place(command) > 0);
  return [...starts, ...has].slice(0, SHOWN);
}

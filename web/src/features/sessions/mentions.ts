import type { AgentResponse } from '@/shared/websocket';

/** How an agent reads the path of a file in a prompt; null: it reads none. */
export type MentionStyle = 'quoted' | 'escaped' | null;

export function mentionStyle(agent: AgentResponse | undefined): MentionStyle {
  switch (agent?.dialect) {
    case 'claude':
    case 'codex':
      return 'quoted';
    case 'acp':
      return agent.id === 'gemini' ? 'escaped' : 'quoted';
    default:
      return null;
  }
}

/** "@" and a path, such that the agent sees where the path ends. */
export function mentionText(path: string, style: MentionStyle): string {
  if (!/[\s"'()[\]{},;]/.test(path)) return `@${path}`;
  if (style === 'escaped') return `@${path.replace(/[\s\\"'()[\]{},;]/g, (char) => `\\${char}`)}`;
  return `@"${path.replaceAll('"', '\\"')}"`;
}

export interface Mention {
  /** Where its "@" stands. */
  start: number;
  query: string;
}

const LONGEST = 256;

/** What is being typed before the caret, if it is a mention; an "@" inside of a word is none. */
export function mentionAt(text: string, caret: number): Mention | null {
  const from = Math.max(0, caret - LONGEST);
  const found = /(^|[\s([{,;])@(?:"([^"\n]*)|([^\s"]*))$/.exec(text.slice(from, caret));
  if (!found || (found.index === 0 && from > 0 && found[1] === '')) return null;
  const start = from + found.index + (found[1]?.length ?? 0);
  return { start, query: found[2] ?? found[3] ?? '' };
}

/** Which characters of a path the query stands for: a part of it as it is, else one by one. */
export function marksOf(path: string, query: string): ReadonlySet<number> {
  const [where, what] = [path.toLowerCase(), query.toLowerCase()];
  if (what === '') return new Set();
  const at = where.lastIndexOf(what);
  if (at >= 0) return new Set(Array.from(what, (_char, index) => at + index));
  const marks = new Set<number>();
  let end = where.length;
  for (const char of [...what].reverse()) {
    end = end > 0 ? where.lastIndexOf(char, end - 1) : -1;
    if (end < 0) return new Set();
    marks.add(end);
  }
  return marks;
}

/** Whether the query's characters are in the path, in their order. */
export function matches(path: string, query: string): boolean {
  return query === '' || marksOf(path, query).size > 0;
}

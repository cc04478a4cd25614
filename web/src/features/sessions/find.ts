import type { MessageResponse } from '@/shared/websocket';
import { stripAnsi } from './ansi';
import { changesOf, type FileChange } from './changes';
import { planOf } from './plan';
import { decisionText, toolCall } from './tool';
import { toolInput } from './tool-input';

/** One place where what is looked for stands: the `nth` in its record, from 0. */
export interface Hit {
  id: string;
  seq: number;
  nth: number;
}

/** Places that are counted at most; the count says "5,000+". */
export const HITS_MOST = 5_000;

/** Every place of a query, in order, whatever its case. */
export function hitsOf(messages: readonly MessageResponse[], query: string, plain: boolean): Hit[] {
  const wanted = query.toLowerCase();
  const hits: Hit[] = [];
  if (wanted.trim() === '') return hits;
  for (const message of messages) {
    const { id, seq } = message;
    const text = searchable(message, plain);
    let nth = 0;
    for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
      if (hits.length >= HITS_MOST) return hits;
      hits.push({ id, seq, nth });
      nth += 1;
    }
  }
  return hits;
}

/** Where one begins: the first place at or below what is in sight, else the nearest above it. */
export function nearestHit(hits: readonly Hit[], seq: number): Hit | undefined {
  return hits.find((hit) => hit.seq >= seq) ?? hits.at(-1);
}

export const sameHit = (a: Hit | undefined | null, b: Hit) => a?.id === b.id && a.nth === b.nth;

const texts = new WeakMap<MessageResponse, string>();

/** What a record shows when all of it is unfolded, in small letters. */
export function searchable(message: MessageResponse, plain: boolean): string {
  const known = texts.get(message);
  if (known !== undefined) return known;
  const text = shownText(message, plain).toLowerCase();
  texts.set(message, text);
  return text;
}

function shownText(message: MessageResponse, plain: boolean): string {
  const { kind, text, metadata } = message;
  if (kind === 'text') return plain ? stripAnsi(text) : withoutMarks(text);
  if (kind === 'tool') return toolText(message);
  if (kind !== 'plan') return text;
  const steps = planOf(metadata);
  return steps.length > 0 ? steps.map((step) => step.text).join('\n') : withoutMarks(text);
}

function toolText(message: MessageResponse): string {
  const { name, title, output } = toolCall(message);
  const { metadata } = message;
  const changes = changesOf(metadata?.diffs);
  return [
    ...[name, title],
    ...toolInput(metadata?.input, changes.length > 0).map((part) => part.text),
    stripAnsi(output),
    decisionText(metadata)?.why ?? '',
    ...changes.map(changeText),
  ].join('\n');
}

function changeText(change: FileChange): string {
  if ('patch' in change) return `${change.path}\n${change.patch}`;
  const now = (change.now ?? '').split('\n');
  const kept = new Set(now);
  const gone = (change.old ?? '').split('\n').filter((line) => !kept.has(line));
  return [change.path, ...now, ...gone].join('\n');
}

/** Markdown without what is not shown of it: marks of emphasis and code, fences, addresses of links. */
export function withoutMarks(text: string): string {
  return text
    .replace(/^ {0,3}(?:`{3,}|~{3,}).*$/gm, '')
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1')
    .replace(/(\*\*|__|~~|`)(?=\S)([^\n]*?\S)\1/g, '$2')
    .replace(/(^|[\s(])[*_](?=\S)([^*_\n]*\S)[*_](?=[\s).,:;!?]|$)/gm, '$1$2')
    .replace(/^\s{0,3}(?:#{1,6}\s+|>\s?|[-*+]\s+|\d+[.)]\s+)/gm, '');
}

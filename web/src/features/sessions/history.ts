import type { MessageResponse } from '@/shared/websocket';

/** What a person has sent in a session, oldest first; the same one twice in a row counts once. */
export function promptsOf(messages: readonly MessageResponse[]): string[] {
  const texts = messages.filter(({ kind }) => kind === 'user').map(({ text }) => text.trim());
  return texts.filter((text, at) => text !== '' && text !== texts[at - 1]);
}

/** Where one is in the prompts, as long as the text is what was taken from there. */
export interface Place {
  index: number;
  text: string;
}

interface Field {
  text: string;
  /** The caret is at an end of the text: the arrow moves nothing in it. */
  atEdge: boolean;
}

/**
 * Where an arrow leads: from an empty field to the newest prompt, from there to older and newer ones,
 * and back to the empty field. undefined: the arrow is not for the history; null: out of it.
 */
export function stepHistory(
  prompts: readonly string[],
  place: Place | null,
  { text, atEdge }: Field,
  key: string,
): Place | null | undefined {
  const inside = place !== null && text !== '' && place.text === text;
  const usable = inside ? atEdge : text === '' && key === 'ArrowUp';
  if (!usable || prompts.length === 0) return undefined;
  const from = inside ? place.index : prompts.length;
  const index = key === 'ArrowUp' ? Math.max(0, from - 1) : from + 1;
  const next = prompts[index];
  return next === undefined ? null : { index, text: next };
}

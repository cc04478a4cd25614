import type { MessageResponse } from '@/shared/websocket';

/** A transcript: ordered by `seq`, each id once. Pure; what does not change keeps its identity. */
export type Messages = readonly MessageResponse[];

export function mergeMessages(old: Messages, incoming: Messages): Messages {
  // What comes while one looks is the newest, or changes one of the newest.
  const [only] = incoming;
  if (only && incoming.length === 1) {
    const at = old.findLastIndex(({ id }) => id === only.id);
    const was = old[at];
    if (!was && only.seq > highestSeq(old)) return [...old, only];
    if (was?.seq === only.seq) return replaces(only, was) ? old.with(at, only) : old;
  }
  const index = new Map(old.map((message) => [message.id, message]));
  const wanted = incoming.filter((message) => replaces(message, index.get(message.id)));
  if (wanted.length === 0) return old;
  for (const message of wanted) index.set(message.id, message);
  return [...index.values()].sort((a, b) => a.seq - b.seq);
}

/** A newer rev replaces; of the same rev, a finished message is not replaced by an unfinished one. */
function replaces(message: MessageResponse, old: MessageResponse | undefined): boolean {
  if (!old) return true;
  if (message.rev !== old.rev) return message.rev > old.rev;
  return old.streaming || !message.streaming;
}

/** Older ones, by REST: what is known already stays, since chunks may have been added to it. */
export function prependMessages(old: Messages, page: Messages): Messages {
  const known = new Set(old.map((message) => message.id));
  return mergeMessages(
    old,
    page.filter((message) => !known.has(message.id)),
  );
}

/** Text for a message that is streaming; null: it does not fit, something was missed. */
export function appendText(
  messages: Messages,
  chunk: { message_id: string; at: number; text: string },
): Messages | null {
  const at = messages.findLastIndex((one) => one.id === chunk.message_id);
  const message = messages[at];
  if (!message) return null;
  if (!message.streaming) return messages;
  // These very characters may have come already, with an answer that overtook them.
  const known = chunk.at + chunk.text.length <= message.text.length;
  if (known && message.text.startsWith(chunk.text, chunk.at)) return messages;
  if (chunk.at !== message.text.length) return null;
  const longer = { ...message, text: message.text + chunk.text };
  return messages.with(at, longer);
}

export function highestSeq(messages: Messages): number {
  return messages.at(-1)?.seq ?? 0;
}

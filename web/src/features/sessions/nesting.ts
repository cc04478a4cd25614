import { textOf } from '@/lib/unknown';
import type { MessageResponse } from '@/shared/websocket';
import { toolCall } from './tool';

export interface Place {
  /** In how many calls of other agents this record was made; at most MAX_DEPTH. */
  depth: number;
  /** The call that it belongs to. */
  parent: string;
  /** The record before it belongs elsewhere, so that the place does not say whose it is. */
  apart: boolean;
}

const MAX_DEPTH = 3;

/** Where the records of sub-agents belong, by id; records of the agent itself are not in it. */
export function placesOf(messages: readonly MessageResponse[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const calls = new Map<string, MessageResponse>();
  let before: MessageResponse | undefined;
  for (const message of messages) {
    const own = textOf(message.metadata?.tool_id);
    const parentId = textOf(message.metadata?.parent);
    if (message.kind === 'tool' && own !== '') calls.set(own, message);
    if (parentId !== '') {
      const call = calls.get(parentId);
      const above = call ? (places.get(call.id)?.depth ?? 0) : 0;
      const near = before === call || textOf(before?.metadata?.parent) === parentId;
      places.set(message.id, {
        depth: Math.min(above + 1, MAX_DEPTH),
        parent: call && call !== message ? nameOf(call) : 'a sub-agent',
        apart: !(call && near),
      });
    }
    before = message;
  }
  return places;
}

function nameOf(call: MessageResponse): string {
  const { name, title } = toolCall(call);
  return title ? `${name}: ${title}` : name;
}

/** Where the newest turn began: what stands before it does not run any more. */
export function lastPromptSeq(messages: readonly MessageResponse[]): number {
  return messages.findLast(({ kind }) => kind === 'user')?.seq ?? 0;
}

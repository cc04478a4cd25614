import type { MessageResponse } from '@/shared/websocket';
import { type Place, placesOf } from './nesting';
import { turnEnds } from './turns';

/** A message as the transcript shows it. */
export interface Row {
  message: MessageResponse;
  /** Of a sub-agent's record. */
  place: Place | undefined;
  /** It is the last of a turn; this is the prompt that began it. */
  prompt: MessageResponse | undefined;
  /** A call of the turn that runs. */
  live: boolean;
  /** Belongs close to the one before it: calls stand together. */
  tight: boolean;
}

/** Neighbours that are put on the page together: what is far away is only as high as they are. */
export interface Group {
  key: string;
  rows: readonly Row[];
}

/** Messages in a group. By `seq`, so that older pages change no group but the one they meet. */
export const GROUP_MESSAGES = 10;

/**
 * The groups of a transcript. What is as it was in `before` keeps its identity, down to the row, so
 * that a chunk of a stream renders one message.
 */
export function groupsOf(
  messages: readonly MessageResponse[],
  turnSeq: number,
  before: readonly Group[],
): readonly Group[] {
  const [places, ends] = [placesOf(messages), turnEnds(messages)];
  const old = new Map(before.map((group) => [group.key, group]));
  const groups: Group[] = [];
  let rows: Row[] = [];
  let key = '';
  const close = () => {
    if (rows.length > 0) groups.push(kept(old.get(key), { key, rows }));
  };
  messages.forEach((message, index) => {
    const own = keyOf(message);
    if (own !== key) {
      close();
      [key, rows] = [own, []];
    }
    const { id, kind, seq } = message;
    const live = kind === 'tool' && seq > turnSeq && message.metadata?.status === 'running';
    const tight = kind === 'tool' && messages[index - 1]?.kind === 'tool';
    rows.push({ message, place: places.get(id), prompt: ends.get(id), live, tight });
  });
  close();
  const same = groups.length === before.length && groups.every((one, i) => one === before[i]);
  return same ? before : groups;
}

/** What groups were made of, and they. */
export interface Grouped {
  messages: readonly MessageResponse[];
  turnSeq: number;
  groups: readonly Group[];
}

/** The same as `groupsOf`; where only a text grew, nothing but its own group is looked at. */
export function regroup(
  before: Grouped,
  messages: readonly MessageResponse[],
  turnSeq: number,
): Grouped {
  const at = turnSeq === before.turnSeq ? grownAt(before.messages, messages) : -1;
  const message = messages[at];
  if (!message) return { messages, turnSeq, groups: groupsOf(messages, turnSeq, before.groups) };
  const index = before.groups.findLastIndex(({ key }) => key === keyOf(message));
  const group = before.groups[index];
  if (!group) return { messages, turnSeq, groups: groupsOf(messages, turnSeq, before.groups) };
  const rows = group.rows.map((row) => (row.message.id === message.id ? { ...row, message } : row));
  return { messages, turnSeq, groups: before.groups.with(index, { ...group, rows }) };
}

/** The place of the only message that is another, if nothing but its text is; else -1. */
function grownAt(old: readonly MessageResponse[], now: readonly MessageResponse[]): number {
  if (old.length !== now.length) return -1;
  const at = now.findLastIndex((message, index) => message !== old[index]);
  const [was, is] = [old[at], now[at]];
  const same = was && is && was.id === is.id && was.seq === is.seq && was.kind === is.kind;
  if (!same || was.metadata !== is.metadata || is.kind === 'user') return -1;
  return now.findIndex((message, index) => message !== old[index]) === at ? at : -1;
}

const keyOf = ({ seq }: MessageResponse) => `g${Math.floor(seq / GROUP_MESSAGES)}`;

function kept(old: Group | undefined, group: Group): Group {
  if (!old) return group;
  const rows = group.rows.map((row) => {
    const was = old.rows.find(({ message }) => message.id === row.message.id);
    return was && sameRow(was, row) ? was : row;
  });
  const same = rows.length === old.rows.length && rows.every((row, i) => row === old.rows[i]);
  return same ? old : { ...group, rows };
}

function sameRow(a: Row, b: Row): boolean {
  return (
    a.message === b.message &&
    a.prompt === b.prompt &&
    a.live === b.live &&
    a.tight === b.tight &&
    samePlace(a.place, b.place)
  );
}

function samePlace(a: Place | undefined, b: Place | undefined): boolean {
  if (!a || !b) return a === b;
  return a.depth === b.depth && a.parent === b.parent && a.apart === b.apart;
}

import { useMemo, useState } from 'react';
import type { MessageResponse } from '@/shared/websocket';
import { lastPromptSeq } from './nesting';
import { type Group, groupsOf } from './rows';

/** The groups of a transcript; what did not change is what it was. */
export function useGroups(messages: readonly MessageResponse[], working: boolean) {
  const [build] = useState(builder);
  const turnSeq = working ? lastPromptSeq(messages) : Infinity;
  return useMemo(() => build(messages, turnSeq), [build, messages, turnSeq]);
}

function builder() {
  let last: readonly Group[] = [];
  return (messages: readonly MessageResponse[], turnSeq: number) =>
    (last = groupsOf(messages, turnSeq, last));
}

import { useMemo, useState } from 'react';
import type { MessageResponse } from '@/shared/websocket';
import { lastPromptSeq } from './nesting';
import { type Grouped, regroup } from './rows';

/** The groups of a transcript; what did not change is what it was. */
export function useGroups(messages: readonly MessageResponse[], working: boolean) {
  const [build] = useState(builder);
  const turnSeq = working ? lastPromptSeq(messages) : Infinity;
  return useMemo(() => build(messages, turnSeq), [build, messages, turnSeq]);
}

function builder() {
  let last: Grouped = { messages: [], turnSeq: Infinity, groups: [] };
  return (messages: readonly MessageResponse[], turnSeq: number) => {
    last = regroup(last, messages, turnSeq);
    return last.groups;
  };
}

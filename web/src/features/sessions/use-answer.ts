import { useState } from 'react';
import { messageOf } from '@/lib/errors';
import type { PermissionDecision, PermissionRequest } from '@/shared/websocket';
import { type Answer, isAnswered, useAnswerPermission } from './mutations';

/** One request's answer on its way. Taken, it stays so until the server's push removes the request. */
export function useAnswer(permission: PermissionRequest, onAnswer: () => void) {
  const mutation = useAnswerPermission(permission);
  // A later answer of the server that still has the request brings another object: it is open again.
  const [taken, setTaken] = useState<PermissionRequest | null>(null);
  const busy = mutation.isPending || taken === permission;
  const sent: PermissionDecision | null = busy ? (mutation.variables?.decision ?? null) : null;
  const failed = mutation.isError && !isAnswered(mutation.error);
  const answer = (given: Answer) => {
    if (busy) return;
    onAnswer();
    mutation.mutate(given, { onSuccess: () => setTaken(permission) });
  };
  return {
    answer,
    busy,
    /** Which decision is on its way. */
    sent,
    problem: failed ? `The answer did not arrive. ${messageOf(mutation.error)}` : null,
  };
}

/** The second click of a double click: by then another request may stand where the first one stood. */
export const isSecondClick = ({ detail }: { detail: number }) => detail > 1;

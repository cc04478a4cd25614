import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useInboxWebSocket } from '@/features/inbox/use-inbox-web-socket';
import { answeredHere } from '@/features/sessions/mutations';
import { notify } from '@/lib/notify';
import { readRows } from '@/shared/rows/pending';
import { findSession } from '@/shared/rows/rows';
import type { PermissionDecision, PermissionRequest } from '@/shared/websocket';

const words: Record<PermissionDecision, string> = {
  allow: 'allowed',
  allow_always: 'allowed always',
  deny: 'denied',
  deny_interrupt: 'denied, and the turn stopped',
};

/** Keeps the inbox current; says how a request ended that somebody answered on another device. */
export function useInboxTopic(signedIn: boolean): void {
  const client = useQueryClient();
  const onResolved = useCallback(
    (request: PermissionRequest, decision: PermissionDecision | null) => {
      if (decision === null || document.hidden || answeredHere(client, request)) return;
      const name = findSession(readRows(client), request.session_id)?.name;
      if (name === undefined) return;
      const what = request.kind === 'question' ? answered(decision) : words[decision];
      notify.info(`“${name}”, ${request.tool}: ${what} elsewhere.`);
    },
    [client],
  );
  useInboxWebSocket(signedIn, onResolved);
}

function answered(decision: PermissionDecision): string {
  return decision.startsWith('allow') ? 'answered' : 'dismissed';
}

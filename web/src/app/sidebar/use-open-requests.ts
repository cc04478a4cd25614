import { useMemo } from 'react';
import { useInbox } from '@/features/inbox/queries';
import { placeOf, type Place } from '@/shared/rows/places';
import type { Rows } from '@/shared/rows/rows';
import { useShown } from '@/shared/rows/use-view';
import type { PermissionRequest, ProjectWithSessions, SessionResponse } from '@/shared/websocket';

export interface OpenRequest {
  key: string;
  request: PermissionRequest;
  session: SessionResponse;
  project: ProjectWithSessions;
}

/** What waits, with whose it is. A session that was deleted, or is about to be, waits for nobody. */
export function useOpenRequests(): OpenRequest[] {
  const inbox = useInbox();
  const rows = useShown((shown) => shown.rows);
  return useMemo(() => inbox.flatMap((request) => withSession(rows, request)), [rows, inbox]);
}

function withSession(rows: Rows, request: PermissionRequest): OpenRequest[] {
  const place: Place | undefined = placeOf(rows, request.session_id);
  const project = place && rows[place[0]];
  const session = place && project?.sessions[place[1]];
  if (!session) return [];
  return [{ key: `${session.id}/${request.id}`, request, session, project }];
}

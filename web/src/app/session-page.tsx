import { Navigate, useParams } from 'react-router';
import { useSession } from '@/features/projects/queries';
import { SessionHeader } from '@/features/sessions/components/session-header';
import { SessionView } from '@/features/sessions/components/session-view';
import { useFind } from '@/features/sessions/use-find';
import type { SessionResponse } from '@/shared/websocket';
import { LostPage } from './lost-page';
import { TopBar } from './top-bar';

export function SessionPage() {
  const { projectId, sessionId } = useParams();
  const session = useSession(sessionId);
  if (!session) return <LostPage what="session" />;
  // It was moved: its address names the project that it belongs to now.
  if (session.project_id !== projectId) {
    return <Navigate to={`/projects/${session.project_id}/sessions/${session.id}`} replace />;
  }
  return <Session key={session.id} session={session} />;
}

/** Mounted anew for each session. */
function Session({ session }: { session: SessionResponse }) {
  const find = useFind();
  return (
    <>
      <TopBar compact>
        <SessionHeader session={session} onFind={find.show} />
      </TopBar>
      <SessionView session={session} find={find} />
    </>
  );
}

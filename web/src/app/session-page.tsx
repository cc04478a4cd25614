import { useParams } from 'react-router';
import { SessionHeader } from '@/features/sessions/components/session-header';
import { SessionView } from '@/features/sessions/components/session-view';
import { useFind } from '@/features/sessions/use-find';
import type { SessionResponse } from '@/shared/websocket';
import { LostPage } from './lost-page';
import { usePage } from './page-context';
import { TopBar } from './top-bar';

export function SessionPage() {
  const { projectId, sessionId } = useParams();
  const { projects } = usePage();
  const project = projects.find((row) => row.id === projectId);
  const session = project?.sessions.find((row) => row.id === sessionId);
  if (!session) return <LostPage what="session" />;
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

import { useParams } from 'react-router';
import { SessionHeader } from '@/features/sessions/components/session-header';
import { SessionView } from '@/features/sessions/components/session-view';
import { LostPage } from './lost-page';
import { usePage } from './page-context';
import { TopBar } from './top-bar';

export function SessionPage() {
  const { projectId, sessionId } = useParams();
  const { projects } = usePage();
  const project = projects.find((row) => row.id === projectId);
  const session = project?.sessions.find((row) => row.id === sessionId);
  if (!session) return <LostPage what="session" />;
  return (
    <>
      <TopBar compact>
        <SessionHeader key={session.id} session={session} />
      </TopBar>
      <SessionView key={session.id} session={session} />
    </>
  );
}

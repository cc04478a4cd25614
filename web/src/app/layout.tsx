import { Suspense } from 'react';
import { Outlet } from 'react-router';
import { AttentionMenuItems } from '@/features/attention/components/attention-menu-items';
import { ConnectionBanner } from '@/features/connection/components/connection-banner';
import { SignedOutPage } from '@/features/connection/components/signed-out-page';
import { UnreachablePage } from '@/features/connection/components/unreachable-page';
import { useUnverifiedSince } from '@/features/connection/use-connection';
import { AddProjectDialog } from '@/features/projects/components/add-project-dialog';
import { useHasProjects } from '@/features/projects/queries';
import { useProjectsWebSocket } from '@/features/projects/use-projects-web-socket';
import { SessionMenuExtra } from '@/features/sessions/session-menu-extra';
import { Sheet } from '@/components/ui/sheet';
import { ApiError } from '@/lib/api';
import { messageOf } from '@/lib/errors';
import { useIsPhone } from '@/lib/media';
import { Announcer } from './announcer';
import { LiveAttention, LiveHint } from './live-attention';
import { Sidebar } from './sidebar/sidebar';
import { useInboxTopic } from './use-inbox-topic';
import { useShell } from './use-shell';

const menuExtra = (sessionId: string) => <AttentionMenuItems sessionId={sessionId} />;

/** The frame of every page: sidebar, banner, and the page itself. */
export function Layout() {
  useProjectsWebSocket();
  const { loaded, error } = useHasProjects();
  useInboxTopic(loaded);
  const shell = useShell();
  const phone = useIsPhone();
  const unverified = useUnverifiedSince() !== null;
  if (!loaded && error instanceof ApiError && error.status === 401) return <SignedOutPage />;
  if (!loaded && error) return <UnreachablePage reason={messageOf(error)} />;
  if (!loaded) return <div role="status" aria-label="Loading" className="h-full bg-canvas" />;
  const sidebar = (
    <Sidebar
      dimmed={unverified}
      onAddProject={shell.addProject}
      onNewSession={shell.newSession}
      withNewButton={!phone}
    />
  );
  return (
    <SessionMenuExtra value={menuExtra}>
      <div className="flex h-full flex-col">
        <ConnectionBanner />
        <div className="flex min-h-0 grow">
          {!phone && (
            <aside className="w-72 shrink-0 border-r border-line bg-side">{sidebar}</aside>
          )}
          {phone && (
            <Sheet open={shell.sheetOpen} onOpenChange={shell.setSheetOpen} title="Projects">
              {sidebar}
            </Sheet>
          )}
          <main className="flex min-w-0 grow flex-col">
            <LiveHint />
            <Suspense fallback={null}>
              <Outlet context={shell} />
            </Suspense>
          </main>
        </div>
        <AddProjectDialog
          open={shell.adding}
          onOpenChange={shell.setAdding}
          onAdded={(project) => shell.newSession(project.id)}
        />
        <Announcer />
        <LiveAttention />
      </div>
    </SessionMenuExtra>
  );
}

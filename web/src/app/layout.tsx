import { useQueryClient } from '@tanstack/react-query';
import { Suspense } from 'react';
import { Outlet, useNavigate, useParams } from 'react-router';
import { Attention } from '@/features/attention/components/attention';
import { AttentionHint } from '@/features/attention/components/attention-hint';
import { AttentionMenuItems } from '@/features/attention/components/attention-menu-items';
import { ConnectionBanner } from '@/features/connection/components/connection-banner';
import { SignedOutPage } from '@/features/connection/components/signed-out-page';
import { UnreachablePage } from '@/features/connection/components/unreachable-page';
import { useUnverifiedSince } from '@/features/connection/use-connection';
import { AddProjectDialog } from '@/features/projects/components/add-project-dialog';
import { useProjects } from '@/features/projects/queries';
import { useProjectsWebSocket } from '@/features/projects/use-projects-web-socket';
import { SessionMenuExtra } from '@/features/sessions/session-menu-extra';
import { Sheet } from '@/components/ui/sheet';
import { ApiError } from '@/lib/api';
import { messageOf } from '@/lib/errors';
import { useIsPhone } from '@/lib/media';
import { Announcer } from './announcer';
import { Sidebar } from './sidebar';
import { useShell } from './use-shell';

const menuExtra = (sessionId: string) => <AttentionMenuItems sessionId={sessionId} />;

/** The frame of every page: sidebar, banner, and the page itself. */
export function Layout() {
  useProjectsWebSocket();
  const { data, error } = useProjects(useQueryClient());
  const projects = data ?? [];
  const shell = useShell(projects);
  const phone = useIsPhone();
  const navigate = useNavigate();
  const { sessionId } = useParams();
  const unverified = useUnverifiedSince() !== null;
  if (!data && error instanceof ApiError && error.status === 401) return <SignedOutPage />;
  if (!data && error) return <UnreachablePage reason={messageOf(error)} />;
  if (!data) return <div role="status" aria-label="Loading" className="h-full bg-canvas" />;
  const sidebar = (
    <Sidebar
      projects={projects}
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
            <AttentionHint rows={projects} />
            <Suspense fallback={null}>
              <Outlet context={{ projects, ...shell }} />
            </Suspense>
          </main>
        </div>
        <AddProjectDialog
          open={shell.adding}
          onOpenChange={shell.setAdding}
          onAdded={(project) => shell.newSession(project.id)}
        />
        <Announcer projects={projects} />
        <Attention rows={projects} sessionId={sessionId} onOpen={(path) => void navigate(path)} />
      </div>
    </SessionMenuExtra>
  );
}

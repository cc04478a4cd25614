import { Suspense, useRef } from 'react';
import { Outlet, useLocation, useNavigate, useParams } from 'react-router';
import { Sheet } from '@/components/ui/sheet';
import { Attention } from '@/features/attention/components/attention';
import { AttentionHint } from '@/features/attention/components/attention-hint';
import { AttentionMenuItems } from '@/features/attention/components/attention-menu-items';
import { ConnectionBanner } from '@/features/connection/components/connection-banner';
import { useConnection, useUnverifiedSince } from '@/features/connection/use-connection';
import { useKeepLastKnown } from '@/features/last-known/use-keep-last-known';
import { SessionMenuExtra } from '@/features/sessions/session-menu-extra';
import { useIsPhone } from '@/lib/media';
import type { ProjectWithSessions } from '@/shared/websocket';
import { Announcer } from './announcer';
import { ErrorBoundary } from './error-boundary';
import { forgetEverything } from './leave';
import { Overlays } from './overlays';
import { SidePanel } from './side-panel';
import { Sidebar } from './sidebar';
import { PAGE_ID, SkipLink } from './skip-link';
import { useArrival } from './use-arrival';
import { usePageShortcuts } from './use-page-shortcuts';
import { usePageTitle } from './use-page-title';
import { useShell } from './use-shell';

const menuExtra = (sessionId: string) => <AttentionMenuItems sessionId={sessionId} />;

/** The frame of every page: sidebar, banner, and the page itself. */
export function Frame({ projects }: { projects: readonly ProjectWithSessions[] }) {
  const shell = useShell(projects);
  const runShortcut = usePageShortcuts(projects, shell);
  const page = useRef<HTMLElement>(null);
  usePageTitle(projects);
  useArrival(page);
  useKeepLastKnown(projects, useConnection().unverifiedSince);
  const phone = useIsPhone();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const { sessionId } = useParams();
  const unverified = useUnverifiedSince() !== null;
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
        <SkipLink />
        <ConnectionBanner onSignedOut={forgetEverything} />
        <div className="flex min-h-0 grow">
          {!phone && !shell.sidebarHidden && <SidePanel>{sidebar}</SidePanel>}
          {phone && (
            <Sheet open={shell.sheetOpen} onOpenChange={shell.setSheetOpen} title="Projects">
              {sidebar}
            </Sheet>
          )}
          <main
            ref={page}
            id={PAGE_ID}
            tabIndex={-1}
            data-unverified={unverified || undefined}
            className="flex min-w-0 grow flex-col outline-none"
          >
            <AttentionHint rows={projects} />
            <ErrorBoundary place={pathname}>
              <Suspense fallback={null}>
                <Outlet context={{ projects, ...shell }} />
              </Suspense>
            </ErrorBoundary>
          </main>
        </div>
        <Overlays projects={projects} shell={shell} runShortcut={runShortcut} />
        <Announcer projects={projects} />
        <Attention rows={projects} sessionId={sessionId} onOpen={(path) => void navigate(path)} />
      </div>
    </SessionMenuExtra>
  );
}

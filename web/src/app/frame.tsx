import { Suspense, useEffect, useRef } from 'react';
import { Outlet, useLocation } from 'react-router';
import { Sheet } from '@/components/ui/sheet';
import { ConnectionBanner } from '@/features/connection/components/connection-banner';
import { useConnection, useUnverifiedSince } from '@/features/connection/use-connection';
import { useKeepLastKnown } from '@/features/last-known/use-keep-last-known';
import { SessionMenuExtra } from '@/features/sessions/session-menu-extra';
import { useIsPhone } from '@/lib/media';
import { lazyPart } from '@/lib/part';
import { whenSettled } from '@/lib/settled';
import { ErrorBoundary } from './error-boundary';
import { Later } from './later';
import { forgetEverything } from './leave';
import { Overlays } from './overlays';
import { fetchTheRest } from './preload';
import { SidePanel } from './side-panel';
import { Sidebar } from './sidebar/sidebar';
import { PAGE_ID, SkipLink } from './skip-link';
import { useArrival } from './use-arrival';
import { usePageShortcuts } from './use-page-shortcuts';
import { usePageTitle } from './use-page-title';
import { useShell } from './use-shell';

const menuExtra = (sessionId: string) => <MenuItems sessionId={sessionId} />;

const attention = () => import('./attention-here');
const AttentionHere = lazyPart(async () => ({ default: (await attention()).AttentionHere }));
const AttentionHintHere = lazyPart(async () => ({
  default: (await attention()).AttentionHintHere,
}));
const Announcer = lazyPart(async () => ({ default: (await import('./announcer')).Announcer }));
const MenuItems = lazyPart(async () => ({ default: (await attention()).MenuItemsHere }));

/** The frame of every page: sidebar, banner, and the page itself. */
export function Frame() {
  const shell = useShell();
  const runShortcut = usePageShortcuts(shell);
  const page = useRef<HTMLElement>(null);
  usePageTitle();
  useArrival(page);
  useEffect(() => whenSettled(fetchTheRest), []);
  useKeepLastKnown(useConnection().unverifiedSince);
  const phone = useIsPhone();
  const { pathname } = useLocation();
  const unverified = useUnverifiedSince() !== null;
  const sidebar = (
    <Sidebar
      unverified={unverified}
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
            <Later>
              <AttentionHintHere />
            </Later>
            <ErrorBoundary place={pathname}>
              <Suspense fallback={<NoPageYet />}>
                <Outlet context={shell} />
              </Suspense>
            </ErrorBoundary>
          </main>
        </div>
        <Overlays shell={shell} runShortcut={runShortcut} />
        <Later>
          <Announcer />
          <AttentionHere />
        </Later>
      </div>
    </SessionMenuExtra>
  );
}

/** The line of the bar above, as before and after. */
function NoPageYet() {
  return <div className="h-12 shrink-0 border-b border-line pointer-coarse:h-13" />;
}

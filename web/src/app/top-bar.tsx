import { PanelLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '@/components/ui/button';
import { withShortcut } from '@/lib/shortcuts';
import { useIsPhone } from '@/lib/media';
import { usePage } from './page-context';
import { NewSessionButton } from './sidebar/new-session-button';
import { useOpenRequests } from './sidebar/use-open-requests';

/**
 * The bar above a page; on a phone it opens the sidebar and makes new sessions. There, larger text makes
 * its buttons no larger: they would leave no room for the name.
 */
export function TopBar({ children, compact = false }: { children?: ReactNode; compact?: boolean }) {
  const { openSidebar, sidebarHidden, newSession } = usePage();
  const phone = useIsPhone();
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-3 pointer-coarse:h-13 pointer-coarse:gap-0 pointer-coarse:px-1 sm:px-4 max-sm:[--spacing:min(0.25rem,4px)]">
      {(phone || sidebarHidden) && <SidebarButton onClick={openSidebar} />}
      <div className="flex min-w-0 grow items-center gap-2 pointer-coarse:gap-0">{children}</div>
      {phone && <NewSessionButton iconOnly={compact} onClick={() => newSession()} />}
    </header>
  );
}

/** On a phone the inbox is in the sheet; what waits is counted on its button. */
function SidebarButton({ onClick }: { onClick: () => void }) {
  const waiting = useOpenRequests().length;
  const label = `Projects and sessions${waiting > 0 ? `, ${waiting} waiting for you` : ''}`;
  return (
    <IconButton
      label={label}
      {...withShortcut('sidebar', label)}
      onClick={onClick}
      className="relative size-8 pointer-coarse:size-11"
    >
      <PanelLeft className="size-4.5" />
      {waiting > 0 && (
        <span
          data-testid="waiting-count"
          className="absolute top-0.5 right-0 grid h-4 min-w-4 place-items-center rounded-full bg-waiting px-1 text-mini font-semibold text-canvas tabular-nums"
        >
          {waiting > 99 ? '99+' : waiting}
        </span>
      )}
    </IconButton>
  );
}

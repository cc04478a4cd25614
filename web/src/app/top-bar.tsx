import { PanelLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '@/components/ui/button';
import { useIsPhone } from '@/lib/media';
import { usePage } from './page-context';
import { NewSessionButton } from './sidebar';

/** The bar above a page; on a phone it opens the sidebar and makes new sessions. */
export function TopBar({ children, compact = false }: { children?: ReactNode; compact?: boolean }) {
  const { openSidebar, sidebarHidden, newSession } = usePage();
  const phone = useIsPhone();
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-3 sm:px-4">
      {(phone || sidebarHidden) && (
        <IconButton label="Projects and sessions" onClick={openSidebar}>
          <PanelLeft className="size-4.5" />
        </IconButton>
      )}
      <div className="flex min-w-0 grow items-center gap-2">{children}</div>
      {phone && <NewSessionButton iconOnly={compact} onClick={() => newSession()} />}
    </header>
  );
}

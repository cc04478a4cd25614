import { FolderPlus } from 'lucide-react';
import { Suspense } from 'react';
import { IconButton } from '@/components/ui/button';
import { lazyPart } from '@/lib/part';
import { ThemeMenu } from '../theme-menu';
import { Wordmark } from '../wordmark';
import { FilterChips } from './filter-chips';
import { ListMenu } from './list-menu';
import { LoadingNote } from './loading-note';
import { NewSessionButton } from './new-session-button';
import { SearchField } from './search-field';
import { SessionList } from './session-list';

const InboxSection = lazyPart(async () => ({
  default: (await import('./inbox-section')).InboxSection,
}));

interface Props {
  /** What it shows; the server cannot vouch for it now. */
  unverified: boolean;
  withNewButton: boolean;
  onAddProject: () => void;
  onNewSession: (projectId?: string) => void;
}

export function Sidebar({ unverified, withNewButton, onAddProject, onNewSession }: Props) {
  return (
    // What changes in it lays out nothing outside: its size comes from where it stands.
    <nav
      aria-label="Projects and sessions"
      data-unverified={unverified || undefined}
      className="flex h-full flex-col contain-layout contain-size contain-style"
    >
      <div className="flex h-12 shrink-0 items-center justify-between pr-2 pl-3.5">
        <Wordmark />
        <ThemeMenu />
      </div>
      {withNewButton && (
        <div className="px-2.5 pb-2">
          <NewSessionButton onClick={() => onNewSession()} className="w-full" />
        </div>
      )}
      <Suspense fallback={null}>
        <InboxSection />
      </Suspense>
      <div className="flex items-center gap-0.5 pt-1 pr-2 pl-2.5">
        <SearchField />
        <IconButton label="Add a project" data-testid="add-project-button" onClick={onAddProject}>
          <FolderPlus className="size-4" />
        </IconButton>
        <ListMenu />
      </div>
      <FilterChips />
      <SessionList onNewSession={onNewSession} />
      <LoadingNote />
    </nav>
  );
}

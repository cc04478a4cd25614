import { FolderPlus, SquarePen } from 'lucide-react';
import { useCallback } from 'react';
import { useParams } from 'react-router';
import { Button, IconButton } from '@/components/ui/button';
import { ProjectGroup } from '@/features/projects/components/project-group';
import { SessionRow } from '@/features/sessions/components/session-row';
import { cn } from '@/lib/cn';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import { ThemeMenu } from './theme-menu';
import { Wordmark } from './wordmark';

interface Props {
  projects: readonly ProjectWithSessions[];
  /** What it shows is unverified. */
  dimmed: boolean;
  withNewButton: boolean;
  onAddProject: () => void;
  onNewSession: (projectId?: string) => void;
}

export function Sidebar({ projects, dimmed, withNewButton, onAddProject, onNewSession }: Props) {
  const { projectId, sessionId } = useParams();
  const renderSession = useCallback(
    (session: SessionResponse, viewed: boolean) => (
      <SessionRow key={session.id} session={session} viewed={viewed} />
    ),
    [],
  );
  return (
    <nav aria-label="Projects and sessions" className="flex h-full flex-col">
      <div className="flex h-12 shrink-0 items-center justify-between pr-2 pl-3.5">
        <Wordmark />
        <ThemeMenu />
      </div>
      {withNewButton && (
        <div className="px-2.5 pb-2">
          <NewSessionButton onClick={() => onNewSession()} className="w-full" />
        </div>
      )}
      <div className="flex items-center justify-between pt-1 pr-2.5 pb-1 pl-3.5">
        <h2 className="text-xs font-medium text-ink-3">Projects</h2>
        <IconButton label="Add a project" data-testid="add-project-button" onClick={onAddProject}>
          <FolderPlus className="size-4" />
        </IconButton>
      </div>
      <ul
        data-testid="project-list"
        data-unverified={dimmed || undefined}
        className={cn(
          'min-h-0 grow overflow-y-auto px-2 pb-4 transition-opacity',
          dimmed && 'opacity-55',
        )}
      >
        {projects.map((project) => (
          <ProjectGroup
            key={project.id}
            project={project}
            selected={project.id === projectId && !sessionId}
            viewedId={project.id === projectId ? sessionId : undefined}
            onNewSession={onNewSession}
            renderSession={renderSession}
          />
        ))}
      </ul>
    </nav>
  );
}

interface NewProps {
  onClick: () => void;
  className?: string;
  iconOnly?: boolean;
}

/** There is one on the page at a time: in the sidebar, or on a phone in the bar above. */
export function NewSessionButton({ iconOnly = false, ...rest }: NewProps) {
  return (
    <Button data-testid="new-session-button" aria-label="New session" {...rest}>
      <SquarePen aria-hidden className="size-3.5" />
      {!iconOnly && 'New session'}
    </Button>
  );
}

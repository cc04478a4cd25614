import { ChevronRight, Plus } from 'lucide-react';
import { memo, type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { IconButton } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { storage } from '@/lib/storage';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import { ProjectMenu } from './project-menu';

interface Props {
  project: ProjectWithSessions;
  selected: boolean;
  /** The session on the screen, if it is one of this project. */
  viewedId: string | undefined;
  onNewSession: (projectId: string) => void;
  renderSession: (session: SessionResponse, viewed: boolean) => ReactNode;
}

/** A project in the sidebar, and under it its sessions, the newest first. */
export const ProjectGroup = memo(function ProjectGroup(props: Props) {
  const { project, selected, viewedId, onNewSession, renderSession } = props;
  const key = `collapsed:${project.id}`;
  const [collapsed, setCollapsed] = useState(() => storage.get(key) === 'yes');
  const toggle = () => {
    storage.set(key, collapsed ? null : 'yes');
    setCollapsed(!collapsed);
  };
  const sessions = project.sessions.toSorted(newestFirst);
  return (
    <li data-testid="project-group" data-project-id={project.id} className="mb-2">
      <div
        className={cn(
          'group flex h-8 items-center gap-0.5 rounded-md pr-1.5 pl-0.5',
          selected ? 'bg-selected' : 'hover:bg-hover',
        )}
      >
        <IconButton
          label={`${collapsed ? 'Show' : 'Hide'} the sessions of ${project.name}`}
          aria-expanded={!collapsed}
          onClick={toggle}
          className="size-6"
        >
          <ChevronRight
            className={cn('size-3.5 transition-transform', !collapsed && 'rotate-90')}
          />
        </IconButton>
        <Link
          to={`/projects/${project.id}`}
          title={project.path}
          aria-current={selected ? 'page' : undefined}
          className="min-w-0 grow truncate rounded-md py-1 text-[13px] font-semibold"
        >
          {project.name}
        </Link>
        <ProjectMenu
          project={project}
          className="size-6 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 aria-expanded:opacity-100 pointer-coarse:opacity-100"
        />
        <IconButton
          label={`New session in ${project.name}`}
          onClick={() => onNewSession(project.id)}
          className="size-6"
        >
          <Plus className="size-4" />
        </IconButton>
      </div>
      {!collapsed && (
        <ul aria-label={`Sessions of ${project.name}`} className="mt-0.5 flex flex-col gap-px">
          {sessions.map((session) => renderSession(session, session.id === viewedId))}
          {sessions.length === 0 && (
            <li className="py-1 pl-7 text-xs text-ink-3">No sessions yet</li>
          )}
        </ul>
      )}
    </li>
  );
});

/** An order that does not change with what happens in a session. */
function newestFirst(a: SessionResponse, b: SessionResponse): number {
  if (a.created_at === b.created_at) return a.id < b.id ? 1 : -1;
  return a.created_at < b.created_at ? 1 : -1;
}

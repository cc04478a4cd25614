import { useQueryClient } from '@tanstack/react-query';
import { Ellipsis } from 'lucide-react';
import { Suspense, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { IconButton } from '@/components/ui/button';
import { Menu } from '@/components/ui/menu';
import { lazyPart } from '@/lib/part';
import { findProject } from '@/shared/rows/rows';
import { readRows } from '@/shared/rows/pending';
import type { ProjectResponse } from '@/shared/websocket';
import { count, useDeleteProject, useProjectChanges } from '../mutations';

const RenameDialog = lazyPart(async () => ({
  default: (await import('@/components/ui/rename-dialog')).RenameDialog,
}));
const ConfirmDialog = lazyPart(async () => ({
  default: (await import('@/components/ui/confirm-dialog')).ConfirmDialog,
}));
const ProjectMenuItems = lazyPart(async () => ({
  default: (await import('./project-menu-items')).ProjectMenuItems,
}));

interface Props {
  project: ProjectResponse;
  className?: string;
  tabbable: boolean;
}

/** What can be done with a project; the menu is made by the first click. */
export function ProjectMenu({ project, className, tabbable }: Props) {
  const [made, setMade] = useState(false);
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const { renameAsync } = useProjectChanges();
  const remove = useDelete(project);
  const close = () => setDialog(null);
  const button = (
    <IconButton
      label={`Actions for ${project.name}`}
      aria-haspopup="menu"
      tabIndex={tabbable ? undefined : -1}
      onClick={made ? undefined : () => setMade(true)}
      className={className}
    >
      <Ellipsis className="size-4" />
    </IconButton>
  );
  return (
    <>
      {made ? (
        <Menu trigger={button} defaultOpen>
          <ProjectMenuItems
            project={project}
            onRename={() => setDialog('rename')}
            onDelete={(working) => (working ? setDialog('delete') : remove())}
          />
        </Menu>
      ) : (
        button
      )}
      <Suspense fallback={null}>
        {dialog === 'rename' && (
          <RenameDialog
            open
            onOpenChange={close}
            title="Rename project"
            name={project.name}
            onRename={(name) => renameAsync({ id: project.id, name })}
          />
        )}
        {dialog === 'delete' && <AskFirst project={project} onClose={close} onDelete={remove} />}
      </Suspense>
    </>
  );
}

interface AskProps {
  project: ProjectResponse;
  onClose: () => void;
  onDelete: () => void;
}

/** Agents are at work in it: to stop them is not undone by bringing the project back. */
function AskFirst({ project, onClose, onDelete }: AskProps) {
  const client = useQueryClient();
  const sessions = findProject(readRows(client), project.id)?.sessions ?? [];
  const working = sessions.filter((session) => session.state === 'working').length;
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title="Delete this project?"
      description={
        <>
          “{project.name}” and its {count(sessions.length)} leave muster for good; {working} of them{' '}
          {working === 1 ? 'is' : 'are'} working and will be stopped. The files in{' '}
          <span className="font-mono text-xs">{project.path}</span> stay as they are.
        </>
      }
      action="Delete project"
      onConfirm={async () => onDelete()}
    />
  );
}

function useDelete({ id }: ProjectResponse) {
  const remove = useDeleteProject();
  const navigate = useNavigate();
  const { projectId } = useParams();
  return () => {
    remove(id);
    if (projectId === id) void navigate('/');
  };
}

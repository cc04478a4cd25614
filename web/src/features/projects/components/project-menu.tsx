import { Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { IconButton } from '@/components/ui/button';
import { ConfirmDialog } from '@/components/ui/confirm-dialog';
import { Menu, MenuItem } from '@/components/ui/menu';
import { RenameDialog } from '@/components/ui/rename-dialog';
import type { ProjectWithSessions } from '@/shared/websocket';
import { useDeleteProject, useRenameProject } from '../mutations';

interface Props {
  project: ProjectWithSessions;
  className?: string;
}

export function ProjectMenu({ project, className }: Props) {
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const close = () => setDialog(null);
  const rename = useRenameProject();
  const remove = useDeleteProject();
  const navigate = useNavigate();
  const { projectId } = useParams();
  const onDelete = async () => {
    await remove.mutateAsync(project.id);
    if (projectId === project.id) void navigate('/');
  };
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`Actions for ${project.name}`} className={className}>
            <Ellipsis className="size-4" />
          </IconButton>
        }
      >
        <MenuItem icon={<Pencil className="size-3.5" />} onSelect={() => setDialog('rename')}>
          Rename…
        </MenuItem>
        <MenuItem
          danger
          icon={<Trash2 className="size-3.5" />}
          onSelect={() => setDialog('delete')}
        >
          Delete…
        </MenuItem>
      </Menu>
      <RenameDialog
        open={dialog === 'rename'}
        onOpenChange={close}
        title="Rename project"
        name={project.name}
        onRename={(name) => rename.mutateAsync({ id: project.id, name })}
      />
      <ConfirmDialog
        open={dialog === 'delete'}
        onOpenChange={close}
        title="Delete this project?"
        description={
          <>
            “{project.name}” and its {count(project.sessions.length)} leave muster for good. The
            files in <span className="font-mono text-xs">{project.path}</span> stay as they are.
          </>
        }
        action="Delete project"
        onConfirm={onDelete}
      />
    </>
  );
}

function count(sessions: number): string {
  return sessions === 1 ? 'one session' : `${sessions} sessions`;
}

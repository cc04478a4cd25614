import { Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { IconButton } from '@/components/ui/button';
import { ConfirmDialog } from '@/components/ui/confirm-dialog';
import { Menu, MenuItem } from '@/components/ui/menu';
import { RenameDialog } from '@/components/ui/rename-dialog';
import type { SessionResponse } from '@/shared/websocket';
import { useDeleteSession, useRenameSession } from '../mutations';

interface Props {
  session: SessionResponse;
  className?: string;
}

/** What can be done with a session: rename, delete. */
export function SessionMenu({ session, className }: Props) {
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const close = () => setDialog(null);
  const rename = useRenameSession();
  const remove = useDeleteSession();
  const navigate = useNavigate();
  const { sessionId } = useParams();
  const onDelete = async () => {
    await remove.mutateAsync(session.id);
    if (sessionId === session.id) void navigate(`/projects/${session.project_id}`);
  };
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`Actions for ${session.name}`} className={className}>
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
        title="Rename session"
        name={session.name}
        onRename={(name) => rename.mutateAsync({ id: session.id, name })}
      />
      <ConfirmDialog
        open={dialog === 'delete'}
        onOpenChange={close}
        title="Delete this session?"
        description={
          <>
            “{session.name}” and its transcript are deleted for good.
            {session.state === 'working' && ' Its agent is working and will be stopped.'}
          </>
        }
        action="Delete session"
        onConfirm={onDelete}
      />
    </>
  );
}

import { useNavigate, useParams } from 'react-router';
import { ConfirmDialog } from '@/components/ui/confirm-dialog';
import { RenameDialog } from '@/components/ui/rename-dialog';
import type { SessionResponse } from '@/shared/websocket';
import { useDeleteSession, useRenameSession } from '../mutations';

interface Props {
  session: SessionResponse;
  open: 'rename' | 'delete';
  onClose: () => void;
}

/** Made only while one of them is open: a sidebar has many rows. */
export function SessionDialogs({ session, open, onClose }: Props) {
  const rename = useRenameSession();
  const remove = useDeleteSession();
  const navigate = useNavigate();
  const { sessionId } = useParams();
  const onDelete = async () => {
    await remove.mutateAsync(session.id);
    if (sessionId === session.id) void navigate(`/projects/${session.project_id}`);
  };
  if (open === 'rename') {
    return (
      <RenameDialog
        open
        onOpenChange={onClose}
        title="Rename session"
        name={session.name}
        onRename={(name) => rename.mutateAsync({ id: session.id, name })}
      />
    );
  }
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
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
  );
}

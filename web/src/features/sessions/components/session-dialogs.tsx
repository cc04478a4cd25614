import { Suspense } from 'react';
import { RenameDialog } from '@/components/ui/rename-dialog';
import { lazyPart } from '@/lib/part';
import type { SessionResponse } from '@/shared/websocket';
import { useRenameSession } from '../row-mutations';

const MoveDialog = lazyPart(() => import('./move-dialog'));

interface Props {
  session: SessionResponse;
  open: 'rename' | 'move';
  onClose: () => void;
}

/** Made only while one of them is open: a sidebar has many rows. */
export function SessionDialogs({ session, open, onClose }: Props) {
  const { renameAsync } = useRenameSession();
  if (open === 'move') {
    return (
      <Suspense fallback={null}>
        <MoveDialog session={session} onClose={onClose} />
      </Suspense>
    );
  }
  return (
    <RenameDialog
      open
      onOpenChange={onClose}
      title="Rename session"
      name={session.name}
      onRename={(name) => renameAsync({ id: session.id, name })}
    />
  );
}

import { useQueryClient } from '@tanstack/react-query';
import {
  Archive,
  ArchiveRestore,
  ArrowDown,
  ArrowUp,
  CheckCheck,
  CopyPlus,
  FolderInput,
  Info,
  Pencil,
  Pin,
  PinOff,
  Trash2,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useNavigate, useParams } from 'react-router';
import { MenuItem, MenuSeparator } from '@/components/ui/menu';
import { messageOf } from '@/lib/errors';
import { notify } from '@/lib/notify';
import { stepSession } from '@/shared/rows/move';
import { readRows } from '@/shared/rows/pending';
import type { SessionResponse } from '@/shared/websocket';
import { isUnread } from '../badge';
import { useCreateSession } from '../mutations';
import { useDeleteSession, useMarkAsRead, useSessionChanges } from '../row-mutations';
import { CopySessionItem } from './copy-session-item';
import type { SessionDialog } from './session-menu';

interface Props {
  session: SessionResponse;
  /** What other features add. */
  extra: (sessionId: string) => ReactNode;
  onDialog: (dialog: SessionDialog) => void;
}

export function SessionMenuItems({ session, extra, onDialog }: Props) {
  const { pin, archive } = useSessionChanges();
  const read = useMarkAsRead();
  const duplicate = useDuplicate(session);
  const remove = useDelete(session);
  const { pinned_at: pinned, archived_at: archived } = session;
  return (
    <>
      <Item icon={<Info />} onSelect={() => onDialog('details')} text="Details…" />
      <Item icon={<Pencil />} onSelect={() => onDialog('rename')} text="Rename…" />
      <Item icon={<CopyPlus />} onSelect={() => void duplicate()} text="New session like this" />
      <CopySessionItem session={session} />
      {isUnread(session) && (
        <Item icon={<CheckCheck />} onSelect={() => read.one(session)} text="Mark as read" />
      )}
      <MenuSeparator />
      {!archived && (
        <Item
          icon={pinned ? <PinOff /> : <Pin />}
          onSelect={() => pin(session, !pinned)}
          text={pinned ? 'Unpin' : 'Pin'}
        />
      )}
      {!pinned && !archived && <Steps session={session} />}
      <Item icon={<FolderInput />} onSelect={() => onDialog('move')} text="Move to project…" />
      <MenuSeparator />
      {extra(session.id)}
      <Item
        icon={archived ? <ArchiveRestore /> : <Archive />}
        onSelect={() => archive(session, !archived)}
        text={archived ? 'Unarchive' : 'Archive'}
      />
      <Item danger icon={<Trash2 />} onSelect={remove} text="Delete" />
    </>
  );
}

/** The places above and below, as far as there are any. */
function Steps({ session }: { session: SessionResponse }) {
  const client = useQueryClient();
  const { move } = useSessionChanges();
  const rows = readRows(client);
  const [up, down] = [stepSession(rows, session.id, -1), stepSession(rows, session.id, 1)];
  return (
    <>
      {up && <Item icon={<ArrowUp />} onSelect={() => move(session, up)} text="Move up" />}
      {down && <Item icon={<ArrowDown />} onSelect={() => move(session, down)} text="Move down" />}
    </>
  );
}

interface ItemProps {
  icon: ReactNode;
  text: string;
  danger?: boolean;
  onSelect: () => void;
}

function Item({ icon, text, danger = false, onSelect }: ItemProps) {
  return (
    <MenuItem
      danger={danger}
      icon={<span className="[&>svg]:size-3.5">{icon}</span>}
      onSelect={onSelect}
    >
      {text}
    </MenuItem>
  );
}

/** A new session of the same project, agent and options. */
function useDuplicate({ project_id: projectId, agent, options }: SessionResponse) {
  const create = useCreateSession();
  const navigate = useNavigate();
  // The menu is gone before the answer comes, and with it what `mutate` would call.
  return async () => {
    try {
      const made = await create.mutateAsync({ projectId, agent, options });
      await navigate(`/projects/${projectId}/sessions/${made.id}`);
    } catch (error) {
      notify.error(`No new session was made. ${messageOf(error)}`);
    }
  };
}

function useDelete(session: SessionResponse) {
  const remove = useDeleteSession();
  const navigate = useNavigate();
  const { sessionId } = useParams();
  return () => {
    remove(session);
    if (sessionId === session.id) void navigate(`/projects/${session.project_id}`);
  };
}

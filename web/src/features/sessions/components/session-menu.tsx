import { Ellipsis, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';
import type { SessionResponse } from '@/shared/websocket';
import { SessionDialogs } from './session-dialogs';

interface Props {
  session: SessionResponse;
  className?: string;
}

/** What can be done with a session: rename, delete. */
export function SessionMenu({ session, className }: Props) {
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const trigger = (
    <IconButton label={`Actions for ${session.name}`} className={className}>
      <Ellipsis className="size-4" />
    </IconButton>
  );
  return (
    <>
      <Menu trigger={trigger}>
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
      {dialog && <SessionDialogs session={session} open={dialog} onClose={() => setDialog(null)} />}
    </>
  );
}

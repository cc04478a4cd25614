import { Ellipsis, Info, Pencil, Trash2 } from 'lucide-react';
import { lazy, Suspense, use, useState } from 'react';
import { IconButton } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';
import type { SessionResponse } from '@/shared/websocket';
import { SessionMenuExtra } from '../session-menu-extra';
import { SessionDialogs } from './session-dialogs';

const SessionDetails = lazy(() => import('./session-details'));

interface Props {
  session: SessionResponse;
  className?: string;
}

/** What can be done with a session: look at its details, rename, delete. */
export function SessionMenu({ session, className }: Props) {
  const [dialog, setDialog] = useState<'details' | 'rename' | 'delete' | null>(null);
  const extra = use(SessionMenuExtra);
  const trigger = (
    <IconButton label={`Actions for ${session.name}`} className={className}>
      <Ellipsis className="size-4" />
    </IconButton>
  );
  return (
    <>
      <Menu trigger={trigger}>
        <MenuItem icon={<Info className="size-3.5" />} onSelect={() => setDialog('details')}>
          Details…
        </MenuItem>
        <MenuItem icon={<Pencil className="size-3.5" />} onSelect={() => setDialog('rename')}>
          Rename…
        </MenuItem>
        {extra(session.id)}
        <MenuItem
          danger
          icon={<Trash2 className="size-3.5" />}
          onSelect={() => setDialog('delete')}
        >
          Delete…
        </MenuItem>
      </Menu>
      {dialog === 'details' && (
        <Suspense fallback={null}>
          <SessionDetails session={session} onClose={() => setDialog(null)} />
        </Suspense>
      )}
      {dialog && dialog !== 'details' && (
        <SessionDialogs session={session} open={dialog} onClose={() => setDialog(null)} />
      )}
    </>
  );
}

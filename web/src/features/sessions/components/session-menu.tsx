import { Ellipsis } from 'lucide-react';
import { lazy, Suspense, use, useState } from 'react';
import { IconButton } from '@/components/ui/button';
import { Menu } from '@/components/ui/menu';
import type { SessionResponse } from '@/shared/websocket';
import { SessionMenuExtra } from '../session-menu-extra';
import { SessionDialogs } from './session-dialogs';
import { SessionMenuItems } from './session-menu-items';

const SessionDetails = lazy(() => import('./session-details'));

export type SessionDialog = 'details' | 'rename' | 'move';

interface Props {
  session: SessionResponse;
  className?: string;
  tabbable?: boolean;
}

/** What can be done with a session. A sidebar has many rows: the menu is made by the first click. */
export function SessionMenu({ session, className, tabbable = true }: Props) {
  const [made, setMade] = useState(false);
  const [dialog, setDialog] = useState<SessionDialog | null>(null);
  const extra = use(SessionMenuExtra);
  const close = () => setDialog(null);
  const button = (
    <IconButton
      label={`Actions for ${session.name}`}
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
          <SessionMenuItems session={session} onDialog={setDialog} extra={extra(session.id)} />
        </Menu>
      ) : (
        button
      )}
      {dialog === 'details' && (
        <Suspense fallback={null}>
          <SessionDetails session={session} onClose={close} />
        </Suspense>
      )}
      {(dialog === 'rename' || dialog === 'move') && (
        <SessionDialogs session={session} open={dialog} onClose={close} />
      )}
    </>
  );
}

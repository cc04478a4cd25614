import { Ellipsis } from 'lucide-react';
import { Suspense, use, useState } from 'react';
import { IconButton } from '@/components/ui/button';
import { Menu } from '@/components/ui/menu';
import { lazyPart } from '@/lib/part';
import type { SessionResponse } from '@/shared/websocket';
import { SessionMenuExtra } from '../session-menu-extra';

const SessionDetails = lazyPart(() => import('./session-details'));
const SessionDialogs = lazyPart(async () => ({
  default: (await import('./session-dialogs')).SessionDialogs,
}));
const SessionMenuItems = lazyPart(async () => ({
  default: (await import('./session-menu-items')).SessionMenuItems,
}));

export type SessionDialog = 'details' | 'rename' | 'move';

const dots = <Ellipsis className="size-4" />;

interface Props {
  session: SessionResponse;
  className?: string;
  tabbable?: boolean;
}

/** What can be done with a session. */
export function SessionMenu({ session, className, tabbable = true }: Props) {
  const [dialog, setDialog] = useState<SessionDialog | null>(null);
  const extra = use(SessionMenuExtra);
  const close = () => setDialog(null);
  const button = (
    <IconButton
      label={`Actions for ${session.name}`}
      tabIndex={tabbable ? undefined : -1}
      className={className}
    >
      {dots}
    </IconButton>
  );
  return (
    <>
      <Menu trigger={button}>
        <SessionMenuItems session={session} extra={extra} onDialog={setDialog} />
      </Menu>
      <Suspense fallback={null}>
        {dialog === 'details' && <SessionDetails session={session} onClose={close} />}
        {(dialog === 'rename' || dialog === 'move') && (
          <SessionDialogs session={session} open={dialog} onClose={close} />
        )}
      </Suspense>
    </>
  );
}

import { EllipsisVertical } from 'lucide-react';
import { memo, Suspense, useState } from 'react';
import { IconButton } from '@/components/ui/button';
import { lazyPart } from '@/lib/part';
import type { MessageResponse } from '@/shared/websocket';

const RecordActions = lazyPart(() => import('./record-actions'));

interface Props {
  message: MessageResponse;
  agent: string;
}

/** What can be done with one record. A transcript has many: the menu is made by the first click. */
export const RecordMenu = memo(function RecordMenu({ message, agent }: Props) {
  const [made, setMade] = useState(false);
  const button = (
    <IconButton
      label="Actions for this record"
      aria-haspopup="menu"
      onClick={made ? undefined : () => setMade(true)}
      className="absolute -top-0.5 -right-3.5 h-6 w-3.5 opacity-0 group-focus-within/record:opacity-100 group-hover/record:opacity-100 focus-visible:opacity-100 aria-expanded:opacity-100 sm:-right-6 sm:w-6 pointer-coarse:opacity-60 pointer-coarse:after:absolute pointer-coarse:after:-inset-y-2 pointer-coarse:after:-right-0.5 pointer-coarse:after:-left-5"
    >
      <EllipsisVertical aria-hidden className="size-3.5 shrink-0" />
    </IconButton>
  );
  if (!made) return button;
  return (
    <Suspense fallback={button}>
      <RecordActions message={message} agent={agent} trigger={button} />
    </Suspense>
  );
});

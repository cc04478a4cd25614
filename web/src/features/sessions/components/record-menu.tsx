import { EllipsisVertical, ScrollText } from 'lucide-react';
import { lazy, memo, Suspense, useState } from 'react';
import { IconButton } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';

const RawLines = lazy(() => import('./raw-lines'));

/** What can be done with one record. A transcript has many: the menu is made by the first click. */
export const RecordMenu = memo(function RecordMenu({ id }: { id: string }) {
  const [made, setMade] = useState(false);
  const [raw, setRaw] = useState(false);
  const button = (
    <IconButton
      label="Actions for this record"
      aria-haspopup="menu"
      onClick={made ? undefined : () => setMade(true)}
      className="absolute -top-0.5 -right-3.5 h-6 w-3.5 opacity-0 group-hover/record:opacity-100 focus-visible:opacity-100 aria-expanded:opacity-100 sm:-right-6 sm:w-6 pointer-coarse:opacity-60"
    >
      <EllipsisVertical aria-hidden className="size-3.5 shrink-0" />
    </IconButton>
  );
  return (
    <>
      {made ? (
        <Menu trigger={button} defaultOpen>
          <MenuItem icon={<ScrollText className="size-3.5" />} onSelect={() => setRaw(true)}>
            Show the agent’s own lines
          </MenuItem>
        </Menu>
      ) : (
        button
      )}
      {raw && (
        <Suspense fallback={null}>
          <RawLines id={id} onClose={() => setRaw(false)} />
        </Suspense>
      )}
    </>
  );
});

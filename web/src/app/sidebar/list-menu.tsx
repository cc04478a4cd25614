import { useQueryClient } from '@tanstack/react-query';
import { Archive, CheckCheck, ChevronsDownUp, ChevronsUpDown, ListFilter } from 'lucide-react';
import { IconButton } from '@/components/ui/button';
import { Menu, MenuItem, MenuSeparator } from '@/components/ui/menu';
import { useMarkAsRead } from '@/features/sessions/row-mutations';
import { readRows } from '@/shared/rows/pending';
import { listView, useListView } from './view-state';

const size = 'size-3.5';

/** What concerns the whole list. */
export function ListMenu() {
  const client = useQueryClient();
  const { archived } = useListView();
  const read = useMarkAsRead();
  const collapseAll = () => listView.collapse(readRows(client).map((project) => project.id));
  return (
    <Menu
      trigger={
        <IconButton label="Actions for the list">
          <ListFilter className="size-4" />
        </IconButton>
      }
    >
      <MenuItem icon={<CheckCheck className={size} />} onSelect={read.all}>
        Mark all as read
      </MenuItem>
      <MenuItem icon={<ChevronsDownUp className={size} />} onSelect={collapseAll}>
        Collapse all projects
      </MenuItem>
      <MenuItem icon={<ChevronsUpDown className={size} />} onSelect={() => listView.collapse([])}>
        Expand all projects
      </MenuItem>
      <MenuSeparator />
      <MenuItem
        icon={<Archive className={size} />}
        onSelect={() => listView.showArchived(!archived)}
      >
        {archived ? 'Back to the list' : 'Show archived'}
      </MenuItem>
    </Menu>
  );
}

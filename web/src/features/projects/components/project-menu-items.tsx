import { useQueryClient } from '@tanstack/react-query';
import {
  Archive,
  ArchiveRestore,
  ArrowDown,
  ArrowUp,
  Pencil,
  Pin,
  PinOff,
  Trash2,
} from 'lucide-react';
import { MenuItem, MenuSeparator } from '@/components/ui/menu';
import { stepProject } from '@/shared/rows/move';
import { readRows } from '@/shared/rows/pending';
import { findProject } from '@/shared/rows/rows';
import type { ProjectResponse } from '@/shared/websocket';
import { useProjectChanges } from '../mutations';

interface Props {
  project: ProjectResponse;
  onRename: () => void;
  /** `working`: agents are at work in it, so it is asked first. */
  onDelete: (working: boolean) => void;
}

const size = 'size-3.5';

export function ProjectMenuItems({ project, onRename, onDelete }: Props) {
  const client = useQueryClient();
  const { pin, archive, move } = useProjectChanges();
  const { pinned_at: pinned, archived_at: archived } = project;
  const rows = readRows(client);
  const up = archived ? null : stepProject(rows, project.id, -1);
  const down = archived ? null : stepProject(rows, project.id, 1);
  const isWorking = () =>
    findProject(readRows(client), project.id)?.sessions.some(
      (session) => session.state === 'working',
    ) ?? false;
  return (
    <>
      <MenuItem icon={<Pencil className={size} />} onSelect={onRename}>
        Rename…
      </MenuItem>
      {!archived && (
        <MenuItem
          icon={pinned ? <PinOff className={size} /> : <Pin className={size} />}
          onSelect={() => pin(project, !pinned)}
        >
          {pinned ? 'Unpin' : 'Pin'}
        </MenuItem>
      )}
      {up && (
        <MenuItem icon={<ArrowUp className={size} />} onSelect={() => move(project, up)}>
          Move up
        </MenuItem>
      )}
      {down && (
        <MenuItem icon={<ArrowDown className={size} />} onSelect={() => move(project, down)}>
          Move down
        </MenuItem>
      )}
      <MenuSeparator />
      <MenuItem
        icon={archived ? <ArchiveRestore className={size} /> : <Archive className={size} />}
        onSelect={() => archive(project, !archived)}
      >
        {archived ? 'Unarchive' : 'Archive'}
      </MenuItem>
      <MenuItem danger icon={<Trash2 className={size} />} onSelect={() => onDelete(isWorking())}>
        Delete
      </MenuItem>
    </>
  );
}

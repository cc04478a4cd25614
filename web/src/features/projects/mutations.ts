import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request, unlessGone } from '@/lib/api';
import { notify } from '@/lib/notify';
import { type Undoable, undoable } from '@/lib/undo';
import type { ProjectMove } from '@/shared/rows/move';
import { changeKey, type Pending, readRows } from '@/shared/rows/pending';
import { findProject } from '@/shared/rows/rows';
import { updateView } from '@/shared/rows/store';
import { mergeProjectRow, removeIds } from '@/shared/rows/view';
import type {
  CreateProjectRequest,
  ProjectResponse,
  ProjectWithSessions,
  UpdateProjectRequest,
} from '@/shared/websocket';

/** The answer is the row, merged by `rev` like every other: the push may have been first. */
export function useCreateProject() {
  const client = useQueryClient();
  return useMutation({
    meta: { failed: null },
    mutationFn: (body: CreateProjectRequest) => request('create_project', { body }),
    onSuccess: (project) => updateView(client, (view) => mergeProjectRow(view, project)),
  });
}

interface Change {
  pending: Pending;
  id: string;
  body: UpdateProjectRequest;
  /** What did not happen, where it is refused; null: the caller says it. */
  failed: string | null;
}

type Row = Pick<ProjectResponse, 'id' | 'name'>;

/** What can be done with a project's row: it shows at once, and is taken back with the reason. */
export function useProjectChanges() {
  const client = useQueryClient();
  const { mutate, mutateAsync } = useMutation({
    mutationKey: changeKey,
    meta: { failed: ({ failed }: Change) => failed },
    mutationFn: ({ id, body }: Change) => request('update_project', { id, body }),
    onSuccess: (project) => updateView(client, (view) => mergeProjectRow(view, project)),
  });
  const change = ({ id, name }: Row, { body, fields }: ProjectMove, failed: string) =>
    mutate({ id, body, pending: { project: id, fields }, failed: `“${name}” was not ${failed}.` });
  const now = () => new Date().toISOString();
  return {
    pin: (row: Row, pinned: boolean) =>
      change(
        row,
        { body: { pinned }, fields: { pinned_at: pinned ? now() : null } },
        pinned ? 'pinned' : 'unpinned',
      ),
    archive: (row: Row, archived: boolean) =>
      change(
        row,
        { body: { archived }, fields: { archived_at: archived ? now() : null } },
        archived ? 'archived' : 'brought back from the archive',
      ),
    move: (row: Row, move: ProjectMove) => change(row, move, 'moved'),
    /** For a form, which says itself what was refused. */
    renameAsync: ({ id, name }: Row) =>
      mutateAsync({ id, body: { name }, pending: { project: id, fields: { name } }, failed: null }),
  };
}

interface Deletion {
  pending: Pending;
  row: ProjectWithSessions;
  wait: Undoable;
}

/** The project goes at once; the server hears of it when it is too late to take it back. */
export function useDeleteProject() {
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationKey: changeKey,
    meta: { failed: ({ row }: Deletion) => `“${row.name}” was not deleted.` },
    mutationFn: async ({ row, wait }: Deletion) => {
      if (!(await wait.due)) return false;
      await request('delete_project', { id: row.id, keepalive: true }).catch(unlessGone);
      return true;
    },
    onSuccess: (deleted, { row: { id } }) => {
      if (!deleted) return;
      updateView(client, (view) => removeIds(view, { projects: [id], sessions: [] }));
    },
  });
  return (id: string) => {
    const row = findProject(readRows(client), id);
    if (!row) return;
    const wait = undoable();
    const its = row.sessions.length > 0 ? ` and its ${count(row.sessions.length)}` : '';
    const what = `Deleted “${row.name}”${its}.`;
    const close = notify.undo(what, wait.undo);
    void wait.due.then(close);
    mutate({ row, wait, pending: { goneProject: row.id } });
  };
}

export function count(sessions: number): string {
  return sessions === 1 ? 'one session' : `${sessions} sessions`;
}

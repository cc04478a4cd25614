import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { request, unlessGone } from '@/lib/api';
import { notify } from '@/lib/notify';
import { type Undoable, undoable } from '@/lib/undo';
import type { SessionMove } from '@/shared/rows/move';
import { changeKey, type Pending } from '@/shared/rows/pending';
import { readView, updateView } from '@/shared/rows/store';
import { mergeSessionRows, removeIds } from '@/shared/rows/view';
import type { SessionResponse, UpdateSessionRequest } from '@/shared/websocket';
import { isUnread } from './badge';
import { sessionKeys } from './queries';

interface Change {
  pending: Pending;
  id: string;
  body: UpdateSessionRequest;
  /** What did not happen, where it is refused; null: the caller says it. */
  failed: string | null;
}

/**
 * Changes a session's row. It shows at once, as not yet granted; a refusal takes that back and says
 * why. The answer is the row, merged by `rev` like every other: the push may have been first.
 */
function useChangeSession() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: changeKey,
    meta: { failed: ({ failed }: Change) => failed },
    mutationFn: ({ id, body }: Change) => request('update_session', { id, body }),
    onSuccess: (row) => updateView(client, (view) => mergeSessionRows(view, [row])),
  });
}

type Row = Pick<SessionResponse, 'id' | 'name'>;

/** What can be done with a row by one choice. */
export function useSessionChanges() {
  const { mutate } = useChangeSession();
  const change = (row: Row, { body, fields }: SessionMove, failed: string) =>
    mutate({ id: row.id, body, pending: { session: row.id, fields }, failed });
  const now = () => new Date().toISOString();
  return {
    pin: (row: Row, pinned: boolean) =>
      change(
        row,
        { body: { pinned }, fields: { pinned_at: pinned ? now() : null } },
        `“${row.name}” was not ${pinned ? 'pinned' : 'unpinned'}.`,
      ),
    archive: (row: Row, archived: boolean) =>
      change(
        row,
        { body: { archived }, fields: { archived_at: archived ? now() : null } },
        `“${row.name}” was not ${archived ? 'archived' : 'brought back from the archive'}.`,
      ),
    move: (row: Row, move: SessionMove) => change(row, move, `“${row.name}” was not moved.`),
  };
}

export function useRenameSession() {
  const { mutate, mutateAsync } = useChangeSession();
  const variables = ({ id, name }: Row, failed: string | null): Change => ({
    ...{ id, body: { name }, failed },
    pending: { session: id, fields: { name } },
  });
  return {
    rename: (row: Row) => mutate(variables(row, 'Not renamed.')),
    /** For a form, which says itself what was refused. */
    renameAsync: (row: Row) => mutateAsync(variables(row, null)),
  };
}

interface Deletion {
  pending: Pending;
  row: SessionResponse;
  wait: Undoable;
}

/** The row goes at once; the server hears of it when it is too late to take it back. */
export function useDeleteSession() {
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationKey: changeKey,
    meta: { failed: ({ row }: Deletion) => `“${row.name}” was not deleted.` },
    mutationFn: async ({ row, wait }: Deletion) => {
      if (!(await wait.due)) return false;
      await request('delete_session', { id: row.id, keepalive: true }).catch(unlessGone);
      return true;
    },
    onSuccess: (deleted, { row: { id } }) => {
      if (!deleted) return;
      updateView(client, (view) => removeIds(view, { projects: [], sessions: [id] }));
      client.removeQueries({ queryKey: sessionKeys.detail(id) });
    },
  });
  return (row: SessionResponse) => {
    const wait = undoable();
    const stops = row.state === 'working' ? ' Its agent will be stopped.' : '';
    const close = notify.undo(`Deleted “${row.name}”.${stops}`, wait.undo);
    void wait.due.then(close);
    mutate({ row, wait, pending: { goneSession: row.id } });
  };
}

/** How many marks are on their way at once. */
const MARKS_AT_ONCE = 6;

/** What is unread everywhere, or one of them, is read: on the server, so on every device. */
export function useMarkAsRead() {
  const client = useQueryClient();
  const { mutate } = useMutation({
    meta: { failed: 'Not everything was marked as read.' },
    mutationFn: (rows: readonly SessionResponse[]) => markAll(client, rows),
  });
  return {
    one: (row: SessionResponse) => mutate([row]),
    all: () => mutate((readView(client).projects ?? []).flatMap((one) => one.sessions)),
  };
}

async function markAll(client: QueryClient, rows: readonly SessionResponse[]): Promise<void> {
  const left = rows.filter(isUnread);
  const work = async () => {
    for (let row = left.pop(); row; row = left.pop()) {
      const { id, last_seq: seq } = row;
      const read = await request('read_session', { id, body: { seq } });
      updateView(client, (view) => mergeSessionRows(view, [read]));
    }
  };
  await Promise.all(Array.from({ length: MARKS_AT_ONCE }, work));
}

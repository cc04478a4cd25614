import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { messageOf } from '@/lib/errors';
import { notify } from '@/lib/notify';
import { updateView } from '@/shared/rows/store';
import { mergeSessionRows, removeIds } from '@/shared/rows/view';
import { callProjects, callSession, Channels, eventBus } from '@/shared/websocket';
import { applyOlder, type SessionDetail } from './channel';
import { sessionKeys } from './queries';

const JOIN_WAIT_MS = 3_000;

export function useCreateSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ projectId, agent }: { projectId: string; agent: string }) => {
      await joinedSoon(Channels.projects());
      return callProjects(eventBus, 'create_session', { project_id: projectId, agent });
    },
    onSuccess: (row) => updateView(client, (view) => mergeSessionRows(view, [row])),
  });
}

/** The first join, or the one after a restart, may be a moment away; without it the call is refused. */
async function joinedSoon(channel: string): Promise<void> {
  const until = Date.now() + JOIN_WAIT_MS;
  while (!eventBus.isJoined(channel) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function useRenameSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      request('update_session', { id, body: { name } }),
    onSuccess: (row) => updateView(client, (view) => mergeSessionRows(view, [row])),
  });
}

export function useDeleteSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request('delete_session', { id }),
    onSuccess: (_nothing, id) => {
      updateView(client, (view) => removeIds(view, { projects: [], sessions: [id] }));
      client.removeQueries({ queryKey: sessionKeys.detail(id) });
    },
  });
}

/** Older messages, when the reader comes to the top. */
export function useLoadOlder(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (before: number) => request('list_messages', { id, query: { before, limit: 100 } }),
    onSuccess: (page, before) =>
      client.setQueryData<SessionDetail>(sessionKeys.detail(id), (old) =>
        applyOlder(old, page, before),
      ),
    onError: (error) => notify.error(`Older messages did not load. ${messageOf(error)}`),
  });
}

export function useCancelTurn(id: string) {
  return useMutation({
    mutationFn: () => callSession(eventBus, id, 'cancel', {}),
    onError: (error) => notify.error(`The turn was not cancelled. ${messageOf(error)}`),
  });
}

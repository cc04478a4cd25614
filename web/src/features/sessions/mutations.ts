import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { ApiError, request } from '@/lib/api';
import { notify } from '@/lib/notify';
import { type Inbox, inboxKeys, withoutRequest } from '@/shared/inbox/inbox';
import { updateView } from '@/shared/rows/store';
import { mergeSessionRows } from '@/shared/rows/view';
import {
  type AnswerPermissionRequest,
  CallError,
  callProjects,
  callSession,
  Channels,
  type EditQueueRequest,
  eventBus,
  type PermissionRequest,
  type SessionResponse,
} from '@/shared/websocket';
import { removePermission, type SessionDetail } from './channel';
import { sessionKeys } from './queries';

const JOIN_WAIT_MS = 3_000;

interface NewSession {
  projectId: string;
  agent: string;
  options?: SessionResponse['options'];
}

export function useCreateSession() {
  const client = useQueryClient();
  return useMutation({
    meta: { failed: null },
    mutationFn: async ({ projectId, ...rest }: NewSession) => {
      await joinedSoon(Channels.projects());
      return callProjects(eventBus, 'create_session', { project_id: projectId, ...rest });
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

interface OptionChoice {
  key: string;
  id: string;
  label: string;
}

/** Switches one option of a session; the others stay as the row has them. */
export function useSetOption({ id, options }: Pick<SessionResponse, 'id' | 'options'>) {
  const client = useQueryClient();
  return useMutation({
    meta: { failed: ({ label }: OptionChoice) => `${label} was not switched.` },
    mutationFn: ({ key, id: choice }: OptionChoice) =>
      request('update_session', { id, body: { options: { ...options, [key]: choice } } }),
    onSuccess: (row) => updateView(client, (view) => mergeSessionRows(view, [row])),
  });
}

export function useCancelTurn(id: string) {
  return useMutation({
    meta: { failed: 'The turn was not interrupted.' },
    mutationFn: () => callSession(eventBus, id, 'cancel', {}),
  });
}

export type Answer = Omit<AnswerPermissionRequest, 'id'>;

const answerKey = (sessionId: string, id: string) => ['answer', sessionId, id];

/** Answers what an agent asks. That somebody was faster is not an error: the request goes away. */
export function useAnswerPermission({ id, session_id: sessionId, tool }: PermissionRequest) {
  const client = useQueryClient();
  return useMutation({
    mutationKey: answerKey(sessionId, id),
    meta: { failed: null },
    mutationFn: (answer: Answer) => sendAnswer(sessionId, { id, ...answer }),
    onError: (error) => {
      if (!isAnswered(error)) return;
      client.setQueryData<SessionDetail>(
        sessionKeys.detail(sessionId),
        (old) => old && removePermission(old, id),
      );
      client.setQueryData<Inbox>(inboxKeys.all, (old) => withoutRequest(old, sessionId, id));
      notify.info(`${tool}: answered elsewhere.`);
    },
  });
}

/** A session that is not on the screen is not joined: its answer goes by REST. */
function sendAnswer(sessionId: string, body: AnswerPermissionRequest): Promise<unknown> {
  return eventBus.isJoined(Channels.session(sessionId))
    ? callSession(eventBus, sessionId, 'answer_permission', body)
    : request('answer_permission', { id: sessionId, body });
}

export function isAnswered(error: unknown): boolean {
  const isRefusal = error instanceof CallError || error instanceof ApiError;
  return isRefusal && error.code === 'ALREADY_ANSWERED';
}

/** Whether this page sent an answer to a request. */
export function answeredHere(client: QueryClient, { session_id, id }: PermissionRequest): boolean {
  const sent = client.getMutationCache().find({ mutationKey: answerKey(session_id, id) });
  return sent !== undefined && sent.state.status !== 'error';
}

export type QueueEdit = Omit<EditQueueRequest, 'id'>;

interface QueueChange {
  edit: EditQueueRequest;
  /** What did not happen, where it is refused; null: the caller says it. */
  failed: string | null;
}

/** Changes a prompt that waits; the server's push of the queue shows it. */
export function useEditQueue(sessionId: string) {
  return useMutation({
    meta: { failed: ({ failed }: QueueChange) => failed },
    mutationFn: ({ edit }: QueueChange) => callSession(eventBus, sessionId, 'edit_queue', edit),
  });
}

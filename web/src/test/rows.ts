import type {
  MessageResponse,
  PermissionRequest,
  ProjectResponse,
  ProjectWithSessions,
  QueuedPrompt,
  SessionResponse,
} from '@/shared/websocket';

const at = '2026-01-01T00:00:00.000Z';

export function session(fields: Partial<SessionResponse> = {}): SessionResponse {
  return {
    id: 's1',
    project_id: 'p1',
    name: 'Session',
    agent: 'shell',
    state: 'idle',
    error_message: null,
    waiting_for: null,
    waiting_since: null,
    turn_started_at: null,
    last_seq: 0,
    read_seq: 0,
    queue_length: 0,
    cli_session_id: null,
    node: null,
    metadata: null,
    options: null,
    position: 0,
    pinned_at: null,
    archived_at: null,
    created_at: at,
    updated_at: at,
    rev: 1,
    ...fields,
  };
}

export function project(fields: Partial<ProjectResponse> = {}): ProjectResponse {
  return {
    id: 'p1',
    name: 'P',
    path: '/p',
    position: 0,
    pinned_at: null,
    archived_at: null,
    created_at: at,
    updated_at: at,
    rev: 1,
    ...fields,
  };
}

export function withSessions(
  fields: Partial<ProjectResponse>,
  ...sessions: SessionResponse[]
): ProjectWithSessions {
  return { ...project(fields), sessions };
}

export function message(fields: Partial<MessageResponse> = {}): MessageResponse {
  return {
    id: 'm1',
    session_id: 's1',
    seq: 1,
    kind: 'text',
    text: '',
    streaming: false,
    metadata: null,
    created_at: at,
    rev: 1,
    ...fields,
  };
}

export function permission(fields: Partial<PermissionRequest> = {}): PermissionRequest {
  return {
    id: 'r1',
    session_id: 's1',
    kind: 'permission',
    tool: 'Bash',
    title: 'Bash: rm -rf build',
    input: { command: 'rm -rf build' },
    suggestions: null,
    questions: null,
    created_at: at,
    ...fields,
  };
}

export function queued(fields: Partial<QueuedPrompt> = {}): QueuedPrompt {
  return { id: 'q1', text: 'next', position: 1, created_at: at, images: [], ...fields };
}

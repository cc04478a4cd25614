// Printed by tools/gen_ts.c from protocol/protocol.def. Do not edit: change the
// definition and run `./dev fmt`.
/* eslint-disable */

export const SessionStates = ['idle', 'working', 'error'] as const;
export type SessionState = (typeof SessionStates)[number];

export const WaitingFors = ['permission', 'question'] as const;
export type WaitingFor = (typeof WaitingFors)[number];

export const PermissionDecisions = ['allow', 'allow_always', 'deny', 'deny_interrupt'] as const;
export type PermissionDecision = (typeof PermissionDecisions)[number];

export const MessageKinds = ['user', 'text', 'thinking', 'tool', 'plan', 'notice', 'error'] as const;
export type MessageKind = (typeof MessageKinds)[number];

export const SyncModes = ['current', 'delta', 'snapshot'] as const;
export type SyncMode = (typeof SyncModes)[number];

export const SnapshotReasons = ['no_since', 'epoch_changed', 'ahead', 'too_old', 'too_large'] as const;
export type SnapshotReason = (typeof SnapshotReasons)[number];

export const AccessKinds = ['browser', 'token'] as const;
export type AccessKind = (typeof AccessKinds)[number];

export interface ProjectResponse {
  id: string;
  name: string;
  path: string;
  position: number;
  pinned_at: string | null;
  archived_at: string | null;
  created_at: string;
  updated_at: string;
  rev: number;
}

export interface SessionResponse {
  id: string;
  project_id: string;
  name: string;
  agent: string;
  state: SessionState;
  error_message: string | null;
  waiting_for: WaitingFor | null;
  waiting_since: string | null;
  turn_started_at: string | null;
  last_seq: number;
  read_seq: number;
  queue_length: number;
  cli_session_id: string | null;
  node: string | null;
  metadata: Record<string, unknown> | null;
  options: Record<string, unknown> | null;
  position: number;
  pinned_at: string | null;
  archived_at: string | null;
  created_at: string;
  updated_at: string;
  rev: number;
}

export interface ProjectWithSessions {
  id: string;
  name: string;
  path: string;
  position: number;
  pinned_at: string | null;
  archived_at: string | null;
  created_at: string;
  updated_at: string;
  rev: number;
  sessions: SessionResponse[];
}

export interface MessageResponse {
  id: string;
  session_id: string;
  seq: number;
  kind: MessageKind;
  text: string;
  streaming: boolean;
  metadata: Record<string, unknown> | null;
  created_at: string;
  rev: number;
}

export interface QueuedPrompt {
  id: string;
  text: string;
  position: number;
  created_at: string;
  images: string[];
}

export interface PermissionRequest {
  id: string;
  session_id: string;
  kind: WaitingFor;
  tool: string;
  title: string;
  input: Record<string, unknown> | null;
  suggestions: unknown | null;
  questions: unknown | null;
  created_at: string;
}

export interface AgentResponse {
  id: string;
  name: string;
  dialect: string;
  available: boolean;
  path: string | null;
  version: string | null;
  missing: string | null;
  icon: string | null;
  takes_images: boolean;
}

export interface ImageResponse {
  id: string;
  type: string;
  bytes: number;
  created_at: string;
}

export interface Usage {
  turns: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  cost_microusd: number;
  cost_known: boolean;
}

export interface TurnUsage {
  turn_id: string;
  session_id: string;
  model: string | null;
  started_at: string;
  ended_at: string;
  usage: Usage;
}

export interface UsageSum {
  id: string;
  project_id: string;
  usage: Usage;
}

export interface RawLine {
  line: string;
  bytes: number;
  cut: boolean;
}

export interface Since {
  epoch: string;
  rev: number;
}

export interface JoinParams {
  since?: Since | null;
  since_seq?: number | null;
}

export interface Removed {
  projects: string[];
  sessions: string[];
}

export interface SyncCurrent {
  epoch: string;
  rev: number;
  mode: 'current';
}

export interface SyncDelta {
  epoch: string;
  rev: number;
  mode: 'delta';
  projects: ProjectResponse[];
  sessions: SessionResponse[];
  removed: Removed;
  since?: number;
}

export interface SyncSnapshot {
  epoch: string;
  rev: number;
  mode: 'snapshot';
  reason: SnapshotReason;
  projects: ProjectWithSessions[];
  next?: string;
  total_projects?: number;
  total_sessions?: number;
}

export interface SubscribeSuccessData {
  sessionId: string;
  epoch: string;
  rev: number;
  mode: SyncMode;
  reason?: SnapshotReason;
  session: SessionResponse;
  messages: MessageResponse[];
  has_older: boolean;
  queue: QueuedPrompt[];
  since?: number;
  permissions: PermissionRequest[];
}

export interface InboxReply {
  requests: PermissionRequest[];
}

export interface SessionUpdatedData extends Partial<Omit<SessionResponse, 'id' | 'rev'>> {
  sessionId: string;
  rev: number;
  prev: number;
}

export interface ProjectUpdatedData extends Partial<Omit<ProjectResponse, 'id' | 'rev'>> {
  projectId: string;
  rev: number;
  prev: number;
}

export interface SessionCreatedData {
  rev: number;
  prev: number;
  session: SessionResponse;
}

export interface SessionDeletedData {
  rev: number;
  prev: number;
  sessionId: string;
}

export interface ProjectCreatedData {
  rev: number;
  prev: number;
  project: ProjectResponse;
}

export interface ProjectDeletedData {
  rev: number;
  prev: number;
  projectId: string;
}

export interface HeadData {
  rev: number;
}

export interface StreamOutputData {
  sessionId: string;
  message_id: string;
  at: number;
  text: string;
}

export interface MessageAddedData {
  sessionId: string;
  message: MessageResponse;
}

export interface CompleteData {
  sessionId: string;
  rev: number;
  cancelled: boolean;
  error_message: string | null;
}

export interface ErrorData {
  sessionId: string;
  message: string;
  fatal: boolean;
}

export interface QueueUpdatedData {
  sessionId: string;
  queue: QueuedPrompt[];
}

export interface PermissionRequestedData {
  sessionId: string;
  permission: PermissionRequest;
}

export interface PermissionResolvedData {
  sessionId: string;
  id: string;
  decision: PermissionDecision | null;
}

export interface AnswerPermissionRequest {
  id: string;
  decision: PermissionDecision;
  message?: string | null;
  answers?: Record<string, unknown> | null;
}

export interface EditQueueRequest {
  id: string;
  text?: string;
  position?: number;
  remove?: boolean;
  now?: boolean;
}

export interface SendMessageRequest {
  id: string;
  text: string;
  images?: string[];
}

export interface SendMessageReply {
  id: string;
  queued: boolean;
}

export interface MarkReadRequest {
  seq?: number;
}

export interface CreateProjectRequest {
  path: string;
  name?: string;
}

export interface UpdateProjectRequest {
  name?: string;
  archived?: boolean;
  pinned?: boolean;
  after?: string | null;
}

export interface CreateSessionRequest {
  agent: string;
  name?: string;
  options?: Record<string, unknown> | null;
}

export interface CreateSessionCall {
  project_id: string;
  agent: string;
  name?: string;
  options?: Record<string, unknown> | null;
}

export interface UpdateSessionRequest {
  name?: string;
  archived?: boolean;
  pinned?: boolean;
  project_id?: string;
  after?: string | null;
  options?: Record<string, unknown> | null;
}

export interface EmptyReply {
}

export interface SnapshotRequest {
  after: string;
}

export interface ProjectListResponse {
  epoch: string;
  rev: number;
  projects: ProjectWithSessions[];
  next?: string;
  total_projects?: number;
  total_sessions?: number;
}

export interface MessageListResponse {
  messages: MessageResponse[];
  has_older: boolean;
}

export interface AgentListResponse {
  agents: AgentResponse[];
}

export interface UsageResponse {
  total: Usage;
  projects: UsageSum[];
  sessions: UsageSum[];
  turns: TurnUsage[];
}

export interface RawLinesResponse {
  lines: RawLine[];
}

export interface DirectoryEntry {
  name: string;
  path: string;
}

export interface DirectoryListResponse {
  path: string;
  parent: string | null;
  directories: DirectoryEntry[];
  truncated: boolean;
}

export interface FileListResponse {
  files: string[];
  truncated: boolean;
}

export interface AccessResponse {
  id: string;
  kind: AccessKind;
  name: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  current: boolean;
}

export interface AccessListResponse {
  access: AccessResponse[];
}

export interface CreateTokenRequest {
  name: string;
}

export interface CreatedTokenResponse {
  token: string;
  access: AccessResponse;
}

export interface AboutResponse {
  version: string;
  data_dir: string;
  home: string;
  started_at: string;
}

export interface ErrorBody {
  code: string;
  message: string;
}

export interface ErrorResponse {
  error: ErrorBody;
}

export type ProjectsSync = SyncCurrent | SyncDelta | SyncSnapshot;

export const SessionEventTypes = {
  STREAM_OUTPUT: 'stream_output',
  MESSAGE_COMPLETE: 'message_complete',
  ERROR: 'error',
  SUBSCRIBE_SUCCESS: 'subscribe_success',
  SESSION_UPDATED: 'session_updated',
  MESSAGE_ADDED: 'message_added',
  QUEUE_UPDATED: 'queue_updated',
  PERMISSION_REQUESTED: 'permission_requested',
  PERMISSION_RESOLVED: 'permission_resolved',
  SYNC: 'sync',
  HEAD: 'head',
  SEND_MESSAGE: 'send_message',
  CANCEL: 'cancel',
  SUBSCRIBE: 'subscribe',
  ANSWER_PERMISSION: 'answer_permission',
  EDIT_QUEUE: 'edit_queue',
  MARK_READ: 'mark_read',
} as const;

export type SessionEvent =
  | { type: typeof SessionEventTypes.STREAM_OUTPUT; data: StreamOutputData }
  | { type: typeof SessionEventTypes.MESSAGE_COMPLETE; data: CompleteData }
  | { type: typeof SessionEventTypes.ERROR; data: ErrorData }
  | { type: typeof SessionEventTypes.SUBSCRIBE_SUCCESS; data: SubscribeSuccessData }
  | { type: typeof SessionEventTypes.SESSION_UPDATED; data: SessionUpdatedData }
  | { type: typeof SessionEventTypes.MESSAGE_ADDED; data: MessageAddedData }
  | { type: typeof SessionEventTypes.QUEUE_UPDATED; data: QueueUpdatedData }
  | { type: typeof SessionEventTypes.PERMISSION_REQUESTED; data: PermissionRequestedData }
  | { type: typeof SessionEventTypes.PERMISSION_RESOLVED; data: PermissionResolvedData }
  | { type: typeof SessionEventTypes.SYNC; data: SubscribeSuccessData }
  | { type: typeof SessionEventTypes.HEAD; data: HeadData };

export const ProjectEventTypes = {
  SESSION_CREATED: 'session_created',
  SESSION_UPDATED: 'session_updated',
  SESSION_DELETED: 'session_deleted',
  PROJECT_CREATED: 'project_created',
  PROJECT_UPDATED: 'project_updated',
  PROJECT_DELETED: 'project_deleted',
  SYNC: 'sync',
  HEAD: 'head',
  SNAPSHOT: 'snapshot',
  CREATE_SESSION: 'create_session',
} as const;

export type ProjectEvent =
  | { type: typeof ProjectEventTypes.SESSION_CREATED; data: SessionCreatedData }
  | { type: typeof ProjectEventTypes.SESSION_UPDATED; data: SessionUpdatedData }
  | { type: typeof ProjectEventTypes.SESSION_DELETED; data: SessionDeletedData }
  | { type: typeof ProjectEventTypes.PROJECT_CREATED; data: ProjectCreatedData }
  | { type: typeof ProjectEventTypes.PROJECT_UPDATED; data: ProjectUpdatedData }
  | { type: typeof ProjectEventTypes.PROJECT_DELETED; data: ProjectDeletedData }
  | { type: typeof ProjectEventTypes.SYNC; data: ProjectsSync }
  | { type: typeof ProjectEventTypes.HEAD; data: HeadData };

export const InboxEventTypes = {
  PERMISSION_REQUESTED: 'permission_requested',
  PERMISSION_RESOLVED: 'permission_resolved',
} as const;

export type InboxEvent =
  | { type: typeof InboxEventTypes.PERMISSION_REQUESTED; data: PermissionRequestedData }
  | { type: typeof InboxEventTypes.PERMISSION_RESOLVED; data: PermissionResolvedData };

export interface SessionCalls {
  send_message: { request: SendMessageRequest; reply: SendMessageReply };
  cancel: { request: EmptyReply; reply: EmptyReply };
  subscribe: { request: JoinParams; reply: SubscribeSuccessData };
  sync: { request: JoinParams; reply: SubscribeSuccessData };
  answer_permission: { request: AnswerPermissionRequest; reply: EmptyReply };
  edit_queue: { request: EditQueueRequest; reply: EmptyReply };
  mark_read: { request: MarkReadRequest; reply: EmptyReply };
}

export interface ProjectCalls {
  sync: { request: JoinParams; reply: ProjectsSync };
  snapshot: { request: SnapshotRequest; reply: ProjectListResponse };
  create_session: { request: CreateSessionCall; reply: SessionResponse };
}

export const Channels = {
  projects: () => 'projects',
  session: (id: string) => `session:${id}`,
  inbox: () => 'inbox',
} as const;

export const ErrorCodes = {
  BAD_REQUEST: { status: 400, text: "The request is not well formed." },
  INVALID_JSON: { status: 400, text: "The body is not valid JSON." },
  UNAUTHORIZED: { status: 401, text: "Not signed in. Open the link that `muster login-url` prints, or send the owner token." },
  LOGIN_EXPIRED: { status: 401, text: "This sign-in link is used up or older than 10 minutes. `muster login-url` prints a new one." },
  FORBIDDEN_HOST: { status: 403, text: "This server does not answer to that Host name." },
  FORBIDDEN_ORIGIN: { status: 403, text: "Requests from another origin are refused." },
  NOT_FOUND: { status: 404, text: "There is nothing at this address." },
  PROJECT_NOT_FOUND: { status: 404, text: "There is no project with this id." },
  SESSION_NOT_FOUND: { status: 404, text: "There is no session with this id." },
  METHOD_NOT_ALLOWED: { status: 405, text: "This address does not take that method." },
  CONFLICT: { status: 409, text: "That contradicts what is stored." },
  PROJECT_EXISTS: { status: 409, text: "There is a project for this directory already." },
  ALREADY_ANSWERED: { status: 409, text: "This request was answered already, or the agent does not wait for it any more." },
  SESSION_BUSY: { status: 409, text: "The session's agent works. Cancel its turn, or wait for its end, and try again." },
  ACCESS_NOT_FOUND: { status: 404, text: "There is no sign-in and no token with this id." },
  PROMPT_NOT_QUEUED: { status: 404, text: "No prompt with this id waits in the queue of this session." },
  TOO_LARGE: { status: 413, text: "That is larger than the limit." },
  UNSUPPORTED_TYPE: { status: 415, text: "A body must be sent as Content-Type: application/json." },
  INVALID_FIELD: { status: 422, text: "A field is missing or has a wrong value." },
  PATH_INVALID: { status: 422, text: "That path is not a directory that can be read." },
  AGENT_UNKNOWN: { status: 422, text: "There is no agent with this id." },
  QUEUE_FULL: { status: 429, text: "The queue of this session is full. Wait for a turn to end, or remove a prompt." },
  LIMIT_REACHED: { status: 429, text: "A limit of this server is reached." },
  UNKNOWN_EVENT: { status: 400, text: "This topic does not take that event." },
  STORE_FULL: { status: 507, text: "The disk is full: nothing was changed. Free some space and try again." },
  STORE_FAILED: { status: 503, text: "The database could not be written: nothing was changed." },
  SHUTTING_DOWN: { status: 503, text: "The server is shutting down." },
  INTERNAL: { status: 500, text: "Something went wrong in the server; its log has more." },
} as const;
export type ErrorCode = keyof typeof ErrorCodes;

export const Routes = {
  list_projects: { method: 'GET', path: '/api/projects' },
  create_project: { method: 'POST', path: '/api/projects' },
  get_project: { method: 'GET', path: '/api/projects/:id' },
  update_project: { method: 'PATCH', path: '/api/projects/:id' },
  delete_project: { method: 'DELETE', path: '/api/projects/:id' },
  create_session: { method: 'POST', path: '/api/projects/:id/sessions' },
  get_session: { method: 'GET', path: '/api/sessions/:id' },
  update_session: { method: 'PATCH', path: '/api/sessions/:id' },
  delete_session: { method: 'DELETE', path: '/api/sessions/:id' },
  list_messages: { method: 'GET', path: '/api/sessions/:id/messages' },
  send_message: { method: 'POST', path: '/api/sessions/:id/messages' },
  cancel_session: { method: 'POST', path: '/api/sessions/:id/cancel' },
  answer_permission: { method: 'POST', path: '/api/sessions/:id/answer' },
  edit_queue: { method: 'POST', path: '/api/sessions/:id/queue' },
  read_session: { method: 'POST', path: '/api/sessions/:id/read' },
  raw_lines: { method: 'GET', path: '/api/messages/:id/raw' },
  create_image: { method: 'POST', path: '/api/images' },
  get_image: { method: 'GET', path: '/api/images/:id' },
  get_usage: { method: 'GET', path: '/api/usage' },
  list_agents: { method: 'GET', path: '/api/agents' },
  list_directories: { method: 'GET', path: '/api/directories' },
  list_files: { method: 'GET', path: '/api/projects/:id/files' },
  list_access: { method: 'GET', path: '/api/access' },
  create_token: { method: 'POST', path: '/api/access' },
  delete_access: { method: 'DELETE', path: '/api/access/:id' },
  about: { method: 'GET', path: '/api/about' },
  healthz: { method: 'GET', path: '/healthz' },
  metrics: { method: 'GET', path: '/metrics' },
  login: { method: 'GET', path: '/login' },
} as const;

export interface RouteTypes {
  list_projects: { request: void; response: ProjectListResponse };
  create_project: { request: CreateProjectRequest; response: ProjectResponse };
  get_project: { request: void; response: ProjectWithSessions };
  update_project: { request: UpdateProjectRequest; response: ProjectResponse };
  delete_project: { request: void; response: void };
  create_session: { request: CreateSessionRequest; response: SessionResponse };
  get_session: { request: void; response: SessionResponse };
  update_session: { request: UpdateSessionRequest; response: SessionResponse };
  delete_session: { request: void; response: void };
  list_messages: { request: void; response: MessageListResponse };
  send_message: { request: SendMessageRequest; response: SendMessageReply };
  cancel_session: { request: EmptyReply; response: SessionResponse };
  answer_permission: { request: AnswerPermissionRequest; response: EmptyReply };
  edit_queue: { request: EditQueueRequest; response: EmptyReply };
  read_session: { request: MarkReadRequest; response: SessionResponse };
  raw_lines: { request: void; response: RawLinesResponse };
  create_image: { request: void; response: ImageResponse };
  get_image: { request: void; response: void };
  get_usage: { request: void; response: UsageResponse };
  list_agents: { request: void; response: AgentListResponse };
  list_directories: { request: void; response: DirectoryListResponse };
  list_files: { request: void; response: FileListResponse };
  list_access: { request: void; response: AccessListResponse };
  create_token: { request: CreateTokenRequest; response: CreatedTokenResponse };
  delete_access: { request: void; response: void };
  about: { request: void; response: AboutResponse };
  healthz: { request: void; response: void };
  metrics: { request: void; response: void };
  login: { request: void; response: void };
}

export const Limits = {
  /** directories in one listing */
  DIRECTORY_ENTRIES: 1000,
  /** lookups of directories and files under way at a time: half of the threads that wait for disks */
  LOOKUPS: 2,
  /** lookups that wait for their turn; another is refused */
  LOOKUPS_WAITING: 32,
  /** seconds for a lookup; one that a file system holds up longer is answered without */
  LOOKUP_SECONDS: 10,
  /** files in one answer to a search by name */
  FILES_FOUND: 50,
  /** files of a project that a search by name looks at */
  FILES_LOOKED_AT: 50000,
  /** bytes of what a search by name looks for */
  FILE_QUERY_BYTES: 256,
  /** projects whose list of files is made or kept at a time; while all are being made, another is refused */
  FILE_LISTS: 4,
  /** bytes of the paths of a project's files that a search by name looks at */
  FILE_LIST_BYTES: 8388608,
  /** seconds for which a project's list of files is kept for further searches */
  FILE_LIST_SECONDS: 5,
  /** seconds for git to list a project's files; what it has printed by then is taken */
  FILE_GIT_SECONDS: 5,
  /** requests in the reply to a join of the inbox: the oldest */
  INBOX_REQUESTS: 500,
  /** tokens for programs */
  TOKENS: 100,
  /** browsers that are signed in; another takes the place of the one that was used longest ago */
  SIGN_INS: 200,
  /** seconds for which a use of a sign-in or a token is not written again */
  LAST_USED_SECONDS: 60,
  /** bytes of one prompt */
  PROMPT_BYTES: 1048576,
  /** bytes of a prompt to the shell agent, which takes it as an argument */
  SHELL_PROMPT_BYTES: 120000,
  /** bytes of a session's or project's name */
  NAME_BYTES: 200,
  /** bytes of a project's path */
  PATH_BYTES: 4095,
  /** bytes of an image */
  IMAGE_BYTES: 10485760,
  /** images in one prompt */
  IMAGES_PER_PROMPT: 10,
  /** turns, sessions and projects in one report of usage: the newest */
  USAGE_ROWS: 200,
  /** bytes of an agent's own line that are kept beside a message */
  RAW_BYTES: 65536,
  /** requests for leave or answers that are open in one session; another is denied */
  OPEN_REQUESTS: 32,
  /** bytes of the message or the answers with which a request is answered */
  ANSWER_BYTES: 65536,
  /** seconds without output in a turn, after which metadata.quiet_since says so */
  QUIET_SECONDS: 300,
  /** bytes of a session's options */
  OPTIONS_BYTES: 65536,
  /** prompts waiting in one session */
  QUEUE_LENGTH: 100,
  /** projects of one server */
  PROJECTS: 10000,
  /** sessions of one server */
  SESSIONS: 100000,
  /** messages in one page or join reply */
  PAGE_MESSAGES: 200,
  /** bytes of message text in one page or join reply, but at least one message */
  PAGE_BYTES: 2097152,
  /** rows in a delta; past it a snapshot, too_large */
  DELTA_ROWS: 2000,
  /** projects and sessions in one slice of a snapshot or a list */
  SLICE_ROWS: 1000,
  /** bytes of rows past which a slice takes no further one */
  SLICE_BYTES: 524288,
  /** bytes of a request body */
  BODY_BYTES: 2162688,
  /** bytes of a request body from who is not signed in */
  STRANGER_BODY_BYTES: 16384,
  /** bytes of one WebSocket message from a client */
  FRAME_BYTES: 2162688,
  /** topics joined on one connection */
  TOPICS_PER_CONNECTION: 100,
  /** connections of one server */
  CONNECTIONS: 20000,
  /** unsent bytes past which state pushes are merged into one sync */
  STATE_LANE_BYTES: 65536,
  /** unsent bytes of replies past which a connection is closed (1013) */
  FIRST_LANE_BYTES: 1048576,
  /** seconds without any drain progress before a connection is closed (1013) */
  DRAIN_SECONDS: 30,
  /** seconds for the head of a request to arrive */
  REQUEST_HEAD_SECONDS: 5,
  /** seconds for a whole request to arrive */
  REQUEST_SECONDS: 30,
  /** seconds for which a sign-in link is good, once */
  LOGIN_LINK_SECONDS: 600,
  /** seconds for which a browser stays signed in */
  LOGIN_SECONDS: 2592000,
  /** seconds of silence before a connection is closed (1002) */
  IDLE_SECONDS: 60,
  /** seconds without a push before a topic gets `head` */
  HEAD_SECONDS: 25,
  /** bytes of one line of an agent's protocol; a longer one is skipped with a notice */
  LINE_BYTES: 16777216,
  /** bytes of text in one message of the transcript; more goes into the next */
  MESSAGE_BYTES: 262144,
  /** bytes of text that one turn adds to the transcript; the rest is counted, its end kept */
  TURN_BYTES: 4194304,
  /** bytes of an error_message */
  ERROR_BYTES: 2000,
  /** milliseconds for which an agent's output is gathered before it is stored and pushed */
  TICK_MS: 30,
  /** seconds for which a deleted row is remembered for deltas */
  TOMBSTONE_SECONDS: 604800,
} as const;

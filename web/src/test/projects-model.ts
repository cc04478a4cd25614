import {
  emptyView,
  mergeSessionRows,
  patchSessionRow,
  type ProjectsView,
} from '@/shared/rows/view';
import type {
  ProjectEvent,
  ProjectListResponse,
  ProjectResponse,
  ProjectsSync,
  SessionResponse,
  SessionUpdatedData,
} from '@/shared/websocket';
import {
  applyProjectEvent,
  applyProjectList,
  applyProjectsSync,
} from '@/features/projects/channel';
import { project, session } from './rows';

type Frame =
  | { kind: 'event'; event: ProjectEvent }
  | { kind: 'answer'; sync: ProjectsSync }
  | { kind: 'own'; push: SessionUpdatedData };
type Push = Exclude<ProjectEvent, { type: 'head' | 'sync' }>;
type Data = Record<string, unknown> & { rev: number };

export const actions = [
  ...[
    'project',
    'session',
    'session',
    'state',
    'state',
    'state',
    'error',
    'rename',
    'drop',
    'dropProject',
  ],
  ...[
    'deliver',
    'deliver',
    'deliver',
    'lose',
    'get',
    'gotten',
    'row',
    'rowGotten',
    'sync',
    'reconnect',
  ],
  ...['head', 'behind', 'restore', 'rewind', 'quiet'],
] as const;
export type Action = (typeof actions)[number];

/** A server with one client: what it stores, what is on the wire, and what the page made of it. */
export class Model {
  view: ProjectsView = emptyView;
  private epoch = 'e0';
  private rev = 0;
  private head = 0;
  private sent = 0;
  private ids = 0;
  private readonly ownHead = new Map<string, number>();
  private projects = new Map<string, ProjectResponse>();
  private sessions = new Map<string, SessionResponse>();
  private tombs: { id: string; kind: 'projects' | 'sessions'; rev: number }[] = [];
  private saved = {
    rev: 0,
    projects: new Map<string, ProjectResponse>(),
    sessions: new Map<string, SessionResponse>(),
    tombs: this.tombs,
  };
  private wire: Frame[] = [];
  private lists: ProjectListResponse[] = [];
  private rows: SessionResponse[] = [];
  private asking = false;

  run(action: Action, pick: number): void {
    const some = <T>(all: Iterable<T>): T | undefined =>
      [...all][pick % Math.max(1, [...all].length)];
    const at = some(this.sessions.values());
    switch (action) {
      case 'project':
        return this.addProject();
      case 'session':
        return this.addSession(some(this.projects.keys()));
      case 'state':
        return this.patch(at, { state: pick % 2 ? 'working' : 'idle', error_message: null });
      case 'error':
        return this.patch(at, { state: 'error', error_message: `reason ${pick}` });
      case 'rename':
        return this.patch(at, { name: `name ${pick}` });
      case 'drop':
        return at && this.drop('sessions', at.id);
      case 'dropProject':
        return this.drop('projects', pick % 4 === 0 ? some(this.projects.keys()) : undefined);
      case 'quiet':
        this.rev += 1; // a change that no push tells of
        return;
      default:
        return this.client(action, pick, at);
    }
  }

  private client(action: Action, pick: number, at: SessionResponse | undefined): void {
    if (action === 'deliver') return this.deliver();
    if (action === 'lose' && this.wire[0]?.kind !== 'answer') return void this.wire.shift();
    if (action === 'get') return void this.lists.push(this.list());
    if (action === 'gotten') return this.gotten(pick);
    if (action === 'row' && at) return void this.rows.push(at);
    if (action === 'rowGotten') return this.rowGotten(pick);
    if (action === 'sync') return this.ask();
    if (action === 'reconnect') return this.reconnect();
    if (action === 'head')
      return this.put({ kind: 'event', event: { type: 'head', data: { rev: this.head } } });
    if (action === 'behind') return this.behind();
    if (action === 'restore') return this.restore(`e${pick}-${this.rev}`);
    if (action === 'rewind') return this.restore(this.epoch);
  }

  /** Everything arrives, then one `head`, as after 25 quiet seconds. */
  settle(): void {
    while (this.lists.length + this.rows.length > 0) {
      this.gotten(0);
      this.rowGotten(0);
    }
    for (let round = 0; round < 4; round += 1) {
      while (this.wire.length > 0) this.deliver();
      if (this.view.gap) this.ask();
      else this.client('head', 0, undefined);
    }
  }

  truth(): ProjectListResponse['projects'] {
    const of = (id: string) => [...this.sessions.values()].filter((row) => row.project_id === id);
    return [...this.projects.values()].map((row) => ({ ...row, sessions: of(row.id) }));
  }

  private addProject(): void {
    const row = project({ id: `p${(this.ids += 1)}`, rev: (this.rev += 1) });
    this.projects.set(row.id, row);
    this.publish('project_created', { rev: row.rev, project: row });
  }

  private addSession(projectId: string | undefined): void {
    if (!projectId) return;
    const id = `s${(this.ids += 1)}`;
    const row = session({ id, project_id: projectId, rev: (this.rev += 1) });
    this.sessions.set(id, row);
    this.publish('session_created', { rev: row.rev, session: row });
  }

  private patch(old: SessionResponse | undefined, fields: Partial<SessionResponse>): void {
    if (!old) return;
    const rev = (this.rev += 1);
    this.sessions.set(old.id, { ...old, ...fields, rev });
    const prev = this.ownHead.get(old.id) ?? old.rev;
    this.ownHead.set(old.id, rev);
    this.put({
      kind: 'own',
      push: { sessionId: old.id, ...fields, rev, prev } as SessionUpdatedData,
    });
    this.publish('session_updated', { sessionId: old.id, ...fields, rev });
  }

  private drop(kind: 'projects' | 'sessions', id: string | undefined): void {
    if (!id) return;
    const rev = (this.rev += 1);
    this[kind].delete(id);
    if (kind === 'projects') {
      for (const row of [...this.sessions.values()])
        if (row.project_id === id) this.sessions.delete(row.id);
    }
    this.tombs = [...this.tombs, { id, kind, rev }];
    const type = kind === 'projects' ? 'project_deleted' : 'session_deleted';
    this.publish(type, { rev, [kind === 'projects' ? 'projectId' : 'sessionId']: id });
  }

  private publish(type: Push['type'], data: Data): void {
    const event = { type, data: { ...data, prev: this.head } } as unknown as ProjectEvent;
    this.head = data.rev;
    this.put({ kind: 'event', event });
  }

  private put(frame: Frame): void {
    this.wire.push(frame);
    this.sent = this.rev;
  }

  private deliver(): void {
    const frame = this.wire.shift();
    if (!frame) return;
    if (frame.kind === 'event') this.view = applyProjectEvent(this.view, frame.event);
    else if (frame.kind === 'own') this.view = patchSessionRow(this.view, frame.push);
    else {
      this.asking = false;
      this.view = applyProjectsSync(this.view, frame.sync, true);
    }
  }

  private list(): ProjectListResponse {
    return { epoch: this.epoch, rev: this.rev, projects: this.truth() };
  }

  private gotten(pick: number): void {
    const [list] = this.lists.splice(pick % Math.max(1, this.lists.length), 1);
    if (list) this.view = applyProjectList(this.view, list);
  }

  private rowGotten(pick: number): void {
    const [row] = this.rows.splice(pick % Math.max(1, this.rows.length), 1);
    if (row) this.view = mergeSessionRows(this.view, [row]);
  }

  private ask(): void {
    if (this.asking || !this.view.gap) return;
    this.asking = true;
    this.put({ kind: 'answer', sync: this.since(this.view) });
  }

  private reconnect(): void {
    this.wire = [];
    this.asking = true;
    this.put({ kind: 'answer', sync: this.since(this.view) });
  }

  /** The server merged what it could not send: a pushed delta from what it sent last. */
  private behind(): void {
    const plain = this.wire.every((one) => one.kind !== 'answer' && !isSync(one));
    if (!plain || this.wire.length === 0) return;
    const from = { projects: [], epoch: this.epoch, rev: this.oldest() - 1 };
    this.wire = [{ kind: 'event', event: { type: 'sync', data: this.since(from) } }];
  }

  private oldest(): number {
    return Math.min(
      ...this.wire.map((frame) => (frame.kind === 'event' ? dataRev(frame.event) : this.sent)),
    );
  }

  private restore(epoch: string): void {
    const { rev, projects, sessions, tombs } = this.saved;
    this.saved = {
      rev: this.rev,
      projects: new Map(this.projects),
      sessions: new Map(this.sessions),
      tombs: this.tombs,
    };
    if (epoch === this.epoch && rev >= this.view.rev) return;
    Object.assign(this, {
      epoch,
      rev,
      head: rev,
      projects: new Map(projects),
      sessions: new Map(sessions),
      tombs,
    });
    this.saved = { rev, projects: new Map(projects), sessions: new Map(sessions), tombs };
    this.ownHead.clear();
    this.lists = [];
    this.rows = [];
    this.reconnect();
    this.deliver();
  }

  private since(view: Pick<ProjectsView, 'projects' | 'epoch' | 'rev'>): ProjectsSync {
    const { epoch, rev } = this;
    const snapshot = { mode: 'snapshot', epoch, rev, projects: this.truth() } as const;
    if (!view.projects || view.epoch === null) return { ...snapshot, reason: 'no_since' };
    if (view.epoch !== epoch) return { ...snapshot, reason: 'epoch_changed' };
    if (view.rev > rev) return { ...snapshot, reason: 'ahead' };
    if (view.rev === rev) return { mode: 'current', epoch, rev };
    if (rev - view.rev > 12) return { ...snapshot, reason: 'too_large' };
    const fresh = (row: { rev: number }) => row.rev > view.rev;
    const gone = (kind: string) =>
      this.tombs.filter((t) => t.kind === kind && fresh(t)).map((t) => t.id);
    return {
      ...{ mode: 'delta', epoch, rev, since: view.rev },
      projects: [...this.projects.values()].filter(fresh),
      sessions: [...this.sessions.values()].filter(fresh),
      removed: { projects: gone('projects'), sessions: gone('sessions') },
    };
  }
}

function isSync(frame: Frame): boolean {
  return frame.kind === 'event' && frame.event.type === 'sync';
}

function dataRev(event: ProjectEvent): number {
  return event.data.rev;
}

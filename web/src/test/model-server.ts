import type { ProjectsView } from '@/shared/rows/view';
import type {
  ProjectEvent,
  ProjectListResponse,
  ProjectResponse,
  ProjectsSync,
  SessionResponse,
  SessionUpdatedData,
} from '@/shared/websocket';
import { project, session } from './rows';

interface Tomb {
  id: string;
  kind: 'projects' | 'sessions';
  rev: number;
}
type Push = Exclude<ProjectEvent, { type: 'head' | 'sync' }>;

/** What a server stores, and what it says of it: the rules of the protocol, as short as can be. */
export class ModelServer {
  epoch = 'e0';
  rev = 0;
  /** The rev of the newest push on topic `projects`. */
  head = 0;
  private ids = 0;
  private projects = new Map<string, ProjectResponse>();
  private sessions = new Map<string, SessionResponse>();
  private tombs: Tomb[] = [];
  private readonly ownHead = new Map<string, number>();
  private saved = this.copy();

  constructor(
    private readonly push: (event: ProjectEvent) => void,
    private readonly pushOwn: (push: SessionUpdatedData) => void,
  ) {}

  projectIds = () => [...this.projects.keys()];
  sessionRows = () => [...this.sessions.values()];

  list(): ProjectListResponse {
    const of = (id: string) => this.sessionRows().filter((row) => row.project_id === id);
    const projects = [...this.projects.values()].map((row) => ({ ...row, sessions: of(row.id) }));
    return { epoch: this.epoch, rev: this.rev, projects };
  }

  addProject(): void {
    const row = project({ id: `p${(this.ids += 1)}`, rev: (this.rev += 1) });
    this.projects.set(row.id, row);
    this.publish('project_created', { rev: row.rev, project: row });
  }

  addSession(projectId: string | undefined): void {
    if (!projectId) return;
    const id = `s${(this.ids += 1)}`;
    const row = session({ id, project_id: projectId, rev: (this.rev += 1) });
    this.sessions.set(id, row);
    this.publish('session_created', { rev: row.rev, session: row });
  }

  patch(old: SessionResponse | undefined, fields: Partial<SessionResponse>): void {
    if (!old) return;
    const rev = (this.rev += 1);
    this.sessions.set(old.id, { ...old, ...fields, rev });
    const prev = this.ownHead.get(old.id) ?? old.rev;
    this.ownHead.set(old.id, rev);
    this.pushOwn({ sessionId: old.id, ...fields, rev, prev } as SessionUpdatedData);
    this.publish('session_updated', { sessionId: old.id, ...fields, rev });
  }

  patchProject(id: string | undefined, fields: Partial<ProjectResponse>): void {
    const old = this.projects.get(id ?? '');
    if (!old) return;
    const rev = (this.rev += 1);
    this.projects.set(old.id, { ...old, ...fields, rev });
    this.publish('project_updated', { projectId: old.id, ...fields, rev });
  }

  drop(kind: Tomb['kind'], id: string | undefined): void {
    if (!id) return;
    const rev = (this.rev += 1);
    this[kind].delete(id);
    for (const row of this.sessionRows()) if (row.project_id === id) this.sessions.delete(row.id);
    this.tombs = [...this.tombs, { id, kind, rev }];
    if (kind === 'projects') this.publish('project_deleted', { rev, projectId: id });
    else this.publish('session_deleted', { rev, sessionId: id });
  }

  /** A backup of some earlier time is put back; false: there is none that a client could tell. */
  restore(epoch: string, known: number): boolean {
    const then = this.saved;
    this.saved = this.copy();
    if (epoch === this.epoch && then.rev >= known) return false;
    Object.assign(this, then, { epoch, head: then.rev });
    this.saved = this.copy();
    this.ownHead.clear();
    return true;
  }

  since(view: Pick<ProjectsView, 'projects' | 'epoch' | 'rev'>): ProjectsSync {
    const { epoch, rev } = this;
    const snapshot = { ...this.list(), mode: 'snapshot' } as const;
    if (!view.projects || view.epoch === null) return { ...snapshot, reason: 'no_since' };
    if (view.epoch !== epoch) return { ...snapshot, reason: 'epoch_changed' };
    if (view.rev > rev) return { ...snapshot, reason: 'ahead' };
    if (view.rev === rev) return { mode: 'current', epoch, rev };
    if (rev - view.rev > 12) return { ...snapshot, reason: 'too_large' };
    const fresh = (row: { rev: number }) => row.rev > view.rev;
    const tombs = this.tombs.filter(fresh);
    const gone = (kind: Tomb['kind']) => tombs.filter((t) => t.kind === kind).map((t) => t.id);
    return {
      ...{ mode: 'delta', epoch, rev, since: view.rev },
      projects: [...this.projects.values()].filter(fresh),
      sessions: this.sessionRows().filter(fresh),
      removed: { projects: gone('projects'), sessions: gone('sessions') },
    };
  }

  private publish(type: Push['type'], data: Record<string, unknown> & { rev: number }): void {
    const event = { type, data: { ...data, prev: this.head } } as unknown as ProjectEvent;
    this.head = data.rev;
    this.push(event);
  }

  private copy() {
    const { rev, projects, sessions, tombs } = this;
    return { rev, projects: new Map(projects), sessions: new Map(sessions), tombs };
  }
}

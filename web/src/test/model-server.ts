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

/** Rows in a slice. */
const SLICE = 3;

/** What a server stores, and what it says of it: the rules of the protocol, as short as can be. */
export class ModelServer {
  epoch = 'e0';
  rev = 0;
  /** The rev of the newest push on topic `projects`. */
  head = 0;
  private ids = 0;
  private projectCount = 0;
  private projects = new Map<string, ProjectResponse>();
  private sessions = new Map<string, SessionResponse>();
  private tombs: Tomb[] = [];
  private readonly ownHead = new Map<string, number>();
  /** Where rows stand in the order of slices; the number of the last one, deleted, is given again. */
  private readonly numbers = new Map<string, number>();
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

  /** The part of the list behind `after` ("project.session"): two rows, and where it goes on. */
  slice(after?: string): ProjectListResponse {
    const { epoch, rev, projects } = this.list();
    const [fromProject = 0, fromSession = 0] = (after ?? '0.0').split('.').map(Number);
    const part: ProjectListResponse = { epoch, rev, projects: [] };
    let [room, place] = [SLICE, ''];
    const numbered = <T extends { id: string }>(rows: T[]) =>
      rows.map((row) => [this.numbers.get(row.id) ?? 0, row] as const).sort(([a], [b]) => a - b);
    for (const [n, row] of numbered(projects)) {
      if (n < fromProject) continue;
      const again = n === fromProject;
      const rest = numbered(row.sessions).filter(([m]) => !again || m > fromSession);
      if (again && rest.length === 0) continue;
      if (room <= 0) return { ...part, next: place, ...(after ? {} : { total_projects: 9 }) };
      const sessions = rest.slice(0, Math.max(0, again ? room : room - 1));
      part.projects.push({ ...row, sessions: sessions.map(([, one]) => one) });
      room -= sessions.length + (again ? 0 : 1);
      place = `${n}.${sessions.at(-1)?.[0] ?? 0}`;
      if (sessions.length < rest.length)
        return { ...part, next: place, ...(after ? {} : { total_projects: 9 }) };
    }
    return part;
  }

  addProject(): void {
    const row = project({ id: `p${(this.projectCount += 1)}`, rev: (this.rev += 1) });
    this.number(row.id, this.projectIds());
    this.projects.set(row.id, row);
    this.publish('project_created', { rev: row.rev, project: row });
  }

  addSession(projectId: string | undefined): void {
    if (!projectId) return;
    const id = `s${(this.ids += 1)}`;
    const row = session({ id, project_id: projectId, rev: (this.rev += 1) });
    this.number(id, [...this.sessions.keys()]);
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
    const under = this.sessionRows().filter((row) => row.project_id === id);
    for (const row of under) this.sessions.delete(row.id);
    const tombs = under.map((row): Tomb => ({ id: row.id, kind: 'sessions', rev }));
    this.tombs = [...this.tombs, { id, kind, rev }, ...tombs];
    if (kind === 'projects') this.publish('project_deleted', { rev, projectId: id });
    else this.publish('session_deleted', { rev, sessionId: id });
  }

  save(): void {
    this.saved = this.copy();
  }

  /** A backup of some earlier time is put back; false: there is none that a client could tell. */
  restore(epoch: string, known: number): boolean {
    const then = this.saved;
    this.save();
    if (epoch === this.epoch && then.rev >= known) return false;
    Object.assign(this, then, { epoch, head: then.rev });
    this.save();
    this.ownHead.clear();
    return true;
  }

  since(view: Pick<ProjectsView, 'projects' | 'epoch' | 'rev'>): ProjectsSync {
    const { epoch, rev } = this;
    const snapshot = { ...this.slice(), mode: 'snapshot' } as const;
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

  private number(id: string, among: string[]): void {
    const used = among.map((one) => this.numbers.get(one) ?? 0);
    this.numbers.set(id, 1 + Math.max(0, ...used));
  }

  private copy() {
    const { rev, projects, sessions, tombs } = this;
    return { rev, projects: new Map(projects), sessions: new Map(sessions), tombs };
  }
}

import {
  applyProjectEvent,
  applyProjectList,
  applyProjectsSync,
  applySlice,
} from '@/features/projects/channel';
import {
  currentOf,
  emptyView,
  mergeSessionRows,
  patchSessionRow,
  type ProjectsView,
} from '@/shared/rows/view';
import type {
  ProjectEvent,
  ProjectListResponse,
  ProjectsSync,
  SessionResponse,
  SessionUpdatedData,
} from '@/shared/websocket';
import { ModelServer } from './model-server';

type Frame =
  | { kind: 'event'; event: ProjectEvent }
  | { kind: 'answer'; sync: ProjectsSync }
  | { kind: 'slice'; after: string; list: ProjectListResponse }
  | { kind: 'own'; push: SessionUpdatedData };

/** What can happen, each as often as it is named. */
export const actions = (
  'project session session state state state error rename drop dropProject quiet ' +
  'deliver deliver deliver lose lose get gotten row rowGotten sync reconnect head behind ' +
  'slice slice slice reload restore rewind place pin archive move placeProject pinProject'
).split(' ');

const flag = (pick: number) => (pick % 2 ? `2026-01-01T00:00:${10 + pick}.000Z` : null);

/** A server with one client: what is on the wire, and what the page made of it. */
export class Model {
  view: ProjectsView = emptyView;
  readonly server = new ModelServer(
    (event) => this.wire.push({ kind: 'event', event }),
    (push) => this.wire.push({ kind: 'own', push }),
  );
  private wire: Frame[] = [];
  private lists: ProjectListResponse[] = [];
  private rows: SessionResponse[] = [];
  private asking = false;
  private slicing = false;

  /** The server has enough for several slices. */
  constructor() {
    for (const project of ['p1', 'p2', 'p3', 'p4']) {
      this.server.addProject();
      for (let n = 0; n < 3; n += 1) this.server.addSession(project);
    }
    this.server.save();
    this.wire = [];
  }

  run(action: string, pick: number): void {
    const { server } = this;
    const one = <T>(all: T[]): T | undefined => all[pick % Math.max(1, all.length)];
    const at = one(server.sessionRows());
    const happen: Record<string, () => unknown> = {
      project: () => server.addProject(),
      session: () => server.addSession(one(server.projectIds())),
      state: () => server.patch(at, { state: pick % 2 ? 'working' : 'idle', error_message: null }),
      error: () => server.patch(at, { state: 'error', error_message: `reason ${pick}` }),
      rename: () => server.patch(at, { name: `name ${pick}` }),
      place: () => server.patch(at, { position: pick % 7 }),
      pin: () => server.patch(at, { pinned_at: flag(pick) }),
      archive: () => server.patch(at, { archived_at: flag(pick) }),
      move: () => server.patch(at, { project_id: one(server.projectIds()) ?? '', position: pick }),
      placeProject: () => server.patchProject(one(server.projectIds()), { position: pick % 5 }),
      pinProject: () => server.patchProject(one(server.projectIds()), { pinned_at: flag(pick) }),
      drop: () => server.drop('sessions', at?.id),
      dropProject: () => pick % 4 === 0 && server.drop('projects', one(server.projectIds())),
      quiet: () => (server.rev += 1), // a change that no push tells of
      deliver: () => this.deliver(),
      lose: () => this.isPush(this.wire[0]) && this.wire.shift(),
      slice: () => this.askForSlice(),
      get: () => this.lists.push(server.slice()),
      gotten: () => this.gotten(pick),
      row: () => at && this.rows.push(at),
      rowGotten: () => this.rowGotten(pick),
      sync: () => this.ask(),
      reconnect: () => this.reconnect(),
      reload: () => this.reload(),
      head: () => this.head(),
      behind: () => this.behind(),
      restore: () => this.restore(`e${pick}-${server.rev}`),
      rewind: () => this.restore(server.epoch),
    };
    happen[action]?.();
  }

  /** Everything arrives, then a `head`, as after 25 quiet seconds. */
  settle(): void {
    while (this.lists.length + this.rows.length > 0) {
      this.gotten(0);
      this.rowGotten(0);
    }
    for (let round = 0; round < 60; round += 1) {
      while (this.wire.length > 0) this.deliver();
      if (currentOf(this.view).gap) this.ask();
      else if (currentOf(this.view).rest) this.askForSlice();
      else this.head();
    }
  }

  private deliver(): void {
    const frame = this.wire.shift();
    if (!frame) return;
    if (frame.kind === 'event') this.view = applyProjectEvent(this.view, frame.event);
    else if (frame.kind === 'own') this.view = patchSessionRow(this.view, frame.push);
    else if (frame.kind === 'slice') {
      this.slicing = false;
      this.view = applySlice(this.view, frame.after, frame.list);
    } else {
      this.asking = false;
      this.view = applyProjectsSync(this.view, frame.sync, true);
    }
  }

  private gotten(pick: number): void {
    const [list] = this.lists.splice(pick % Math.max(1, this.lists.length), 1);
    if (list) this.view = applyProjectList(this.view, list);
  }

  private rowGotten(pick: number): void {
    const [row] = this.rows.splice(pick % Math.max(1, this.rows.length), 1);
    if (row) this.view = mergeSessionRows(this.view, [row]);
  }

  private reload(): void {
    this.view = emptyView;
    this.lists = [];
    this.rows = [];
    this.reconnect();
  }

  private head(): void {
    this.wire.push({ kind: 'event', event: { type: 'head', data: { rev: this.server.head } } });
  }

  private ask(): void {
    if (!this.asking && currentOf(this.view).gap) this.answer();
  }

  /** A client with a gap asks for more all the same: the server answers in the order of questions. */
  private askForSlice(): void {
    const after = currentOf(this.view).rest?.after;
    if (after === undefined || this.slicing) return;
    this.slicing = true;
    this.wire.push({ kind: 'slice', after, list: this.server.slice(after) });
  }

  private isPush(frame: Frame | undefined): boolean {
    return frame?.kind === 'event' || frame?.kind === 'own';
  }

  private reconnect(): void {
    this.wire = [];
    this.slicing = false;
    this.answer();
  }

  private answer(): void {
    this.asking = true;
    this.wire.push({ kind: 'answer', sync: this.server.since(currentOf(this.view)) });
  }

  /** The server merged what it could not send: a pushed delta from what it sent last. */
  private behind(): void {
    const revs = this.wire.flatMap((frame) => {
      if (frame.kind === 'own') return [frame.push.rev];
      return frame.kind === 'event' && frame.event.type !== 'sync' ? [frame.event.data.rev] : [];
    });
    if (revs.length === 0 || revs.length < this.wire.length) return;
    const { epoch } = this.server;
    const data = this.server.since({ projects: [], epoch, rev: Math.min(...revs) - 1 });
    this.wire = [{ kind: 'event', event: { type: 'sync', data } }];
  }

  private restore(epoch: string): void {
    if (!this.server.restore(epoch, currentOf(this.view).rev)) return;
    this.lists = [];
    this.rows = [];
    this.reconnect();
    this.deliver();
  }
}

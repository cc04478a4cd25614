/**
 * A client of topic `projects` that follows the rule of wire.md, by the book and without a page:
 * what the rows are, how far they are known, and when it has to ask.
 *
 *     const follower = new Follower(client, { lose: ({ event }) => event === "session_updated" });
 *     await follower.joined();
 *     await follower.reached(rev);
 */
import { Feed } from "./wait.mjs";

const ROW_EVENTS = {
  session_created: (rows, { session }) => rows.put("sessions", session),
  session_updated: (rows, { sessionId, prev: _prev, ...fields }) => rows.patch("sessions", sessionId, fields),
  session_deleted: (rows, { sessionId }) => rows.drop("sessions", sessionId),
  project_created: (rows, { project }) => rows.put("projects", project),
  project_updated: (rows, { projectId, prev: _prev, ...fields }) => rows.patch("projects", projectId, fields),
  project_deleted: (rows, { projectId }) => rows.drop("projects", projectId),
};

class Rows {
  projects = new Map();
  sessions = new Map();

  put(kind, row) {
    const old = this[kind].get(row.id);
    if (old === undefined || row.rev > old.rev) this[kind].set(row.id, row);
  }

  patch(kind, id, fields) {
    const old = this[kind].get(id);
    if (old !== undefined && fields.rev > old.rev) this[kind].set(id, { ...old, ...fields });
  }

  drop(kind, id) {
    this[kind].delete(id);
    if (kind !== "projects") return;
    for (const [key, row] of this.sessions) if (row.project_id === id) this.sessions.delete(key);
  }
}

export class Follower {
  epoch = null;
  rev = 0;
  gap = false;
  /** Where the next slice of a long list begins; undefined: all is here. */
  next;
  rows = new Rows();
  /** What it went through: {what: "joined" | "sync" | "lost" | "gap" | "healed" | "rev", …}. */
  story = new Feed();

  /**
   * @param {import("./phoenix.mjs").PhoenixClient} client
   * @param {{lose?: (item: {event: string, payload: any}) => boolean}} [options]  lose: the pushes
   *   that never reach it
   */
  constructor(client, { lose = () => false } = {}) {
    this.channel = client.channel("projects", () => ({ since: this.since }));
    this.lose = lose;
    const { channel } = this.channel;
    const hear = channel.onMessage;
    channel.onMessage = (event, payload, ...rest) => {
      const own = event === null || event.startsWith("chan_reply_") || event.startsWith("phx_");
      if (!own) this.#onPush(event, payload);
      return hear(event, payload, ...rest);
    };
    channel.joinPush.receive("ok", (reply) => {
      this.#onSync(reply, true);
      this.#tell({ what: "joined", mode: reply.mode, reason: reply.reason });
    });
  }

  get since() {
    return this.epoch === null ? null : { epoch: this.epoch, rev: this.rev };
  }

  joined() {
    return this.channel.joined();
  }

  /** Resolves when it knows everything up to this rev. */
  reached(rev, ms) {
    return this.story.find(() => this.rev >= rev && !this.gap, {
      what: `rev ${rev}, now at ${this.rev}`,
      ms,
    });
  }

  /** The rows as GET /api/projects tells them. */
  list() {
    const byId = (a, b) => (a.id < b.id ? -1 : 1);
    const sessions = [...this.rows.sessions.values()].sort(byId);
    const projects = [...this.rows.projects.values()].sort(byId);
    return projects.map((project) => ({
      ...project,
      sessions: sessions.filter((row) => row.project_id === project.id),
    }));
  }

  #onPush(event, payload) {
    if (this.lose({ event, payload })) return this.#tell({ what: "lost", event });
    if (event === "head") return payload.rev > this.rev && this.#onGap();
    if (event === "sync") return this.#onSync(payload, false);
    if (payload.rev <= this.rev) return undefined;
    if (payload.prev > this.rev) return this.#onGap();
    if (this.#mayHavePassedOver(event, payload)) return this.#onGap();
    ROW_EVENTS[event](this.rows, payload);
    this.rev = payload.rev;
    return this.#tell({ what: "rev", rev: this.rev });
  }

  /** A session that moves from what is still to come to where the slices have been. */
  #mayHavePassedOver(event, { sessionId, project_id }) {
    const moved = event === "session_updated" && project_id !== undefined;
    return moved && this.next !== undefined && !this.rows.sessions.has(sessionId);
  }

  #askForSlice(after) {
    const push = this.channel.channel.push("snapshot", { after });
    push.receive("ok", (slice) => {
      if (this.next !== after || slice.epoch !== this.epoch) return;
      this.#onSlice(slice);
      this.#tell({ what: "slice", rev: slice.rev, last: slice.next === undefined });
    });
  }

  #onSlice({ projects, next }) {
    for (const { sessions, ...project } of projects) {
      this.rows.put("projects", project);
      for (const session of sessions) this.rows.put("sessions", session);
    }
    this.next = next;
    if (next !== undefined) this.#askForSlice(next);
  }

  /** Resolves when the whole list is here. */
  whole(ms) {
    return this.story.find(() => this.epoch !== null && this.next === undefined, { what: "the last slice", ms });
  }

  #onGap() {
    if (this.gap) return;
    this.gap = true;
    this.#tell({ what: "gap" });
    const push = this.channel.channel.push("sync", { since: this.since });
    push.receive("ok", (reply) => {
      this.#onSync(reply, true);
      this.#tell({ what: "healed", mode: reply.mode });
    });
  }

  #onSync(sync, answer) {
    if (sync.mode === "snapshot") {
      this.rows = new Rows();
      Object.assign(this, { epoch: sync.epoch, rev: sync.rev, gap: false });
      this.#onSlice(sync);
    } else {
      if (sync.mode === "delta") this.#onDelta(sync);
      if (answer) this.gap = false;
      if (!this.gap) this.rev = Math.max(this.rev, sync.rev);
    }
    this.#tell({ what: "sync", mode: sync.mode, reason: sync.reason });
  }

  #onDelta({ projects, sessions, removed }) {
    for (const kind of ["sessions", "projects"]) for (const id of removed[kind]) this.rows.drop(kind, id);
    for (const row of projects) this.rows.put("projects", row);
    for (const row of sessions) this.rows.put("sessions", row);
  }

  #tell(item) {
    this.story.add(item);
  }
}

/** GET /api/projects, slice after slice. */
export async function wholeList(muster) {
  const all = new Map();
  let path = "/api/projects";
  for (let slices = 1; ; slices++) {
    const { projects, next, ...head } = await muster.ok("GET", path);
    for (const project of projects) {
      const known = all.get(project.id);
      all.set(project.id, { ...project, sessions: [...(known?.sessions ?? []), ...project.sessions] });
    }
    if (next === undefined) return { ...head, projects: [...all.values()], slices };
    path = `/api/projects?after=${next}`;
  }
}

/** GET /api/projects, in the order of ids. */
export async function truth(muster) {
  const { projects, rev, epoch } = await wholeList(muster);
  const byId = (a, b) => (a.id < b.id ? -1 : 1);
  for (const project of projects) project.sessions.sort(byId);
  return { projects: projects.sort(byId), rev, epoch };
}

/**
 * What a careful client knows: it joins a topic with the official client, applies every push by the
 * rules of the protocol, and notes each push that breaks one. At the end of a test `verify()`
 * compares it, field by field, with what the server answers over REST.
 *
 *     const room = await openRoom(t, muster, { agent: "shell" });
 *     await room.session.send("echo hello");
 *     const { cancelled } = await room.session.turnEnded();
 *     await room.verify();
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { connect } from "./phoenix.mjs";
import { within } from "./wait.mjs";

/** Applies what comes on one topic, in order, the join's reply first. */
class View {
  /** Sentences about pushes that broke a rule. */
  broken = [];
  /** Every reply to a join, oldest first: a reconnect brings another. */
  joins = [];
  /** How often something was missed and asked for again. */
  gaps = 0;
  epoch = null;
  known = 0;
  #waiting = new Set();

  constructor(client, topic, params) {
    this.client = client;
    this.topic = topic;
    this.channel = client.channel(topic, params);
  }

  /** Joins; resolves with the reply. */
  joined() {
    const { channel } = this.channel;
    channel.on("phx_close", () => this.#changed());
    const replied = new Promise((resolve, reject) => {
      channel
        .join()
        .receive("ok", (reply) => {
          this.joins.push(reply);
          this.sync(reply);
          this.#attach();
          this.#changed();
          resolve(reply);
        })
        .receive("error", (reply) => reject(new Error(`${this.topic}: ${JSON.stringify(reply)}`)));
    });
    return within(replied, `the join of ${this.topic}`);
  }

  /** Resolves when the condition holds, now or after some push. */
  until(condition, what, ms) {
    let check;
    const come = new Promise((resolve) => {
      check = () => condition(this) && resolve(this);
      this.#waiting.add(check);
      check();
    });
    const story = () => `${what} on ${this.topic}; it is ${this.describe()}`;
    return within(come, story, ms).finally(() => this.#waiting.delete(check));
  }

  /** Resolves when the server has answered a join for the nth time. */
  async rejoined(times) {
    await this.until(() => this.joins.length >= times, `join number ${times}`);
    return this.joins[times - 1];
  }

  get closed() {
    return this.channel.channel.state === "closed";
  }

  /** The rule of rev and prev. True where the push is to be applied. */
  inOrder(event, { rev, prev }) {
    if (!Number.isInteger(rev) || !Number.isInteger(prev)) this.note(`${event} has rev ${rev}, prev ${prev}`);
    if (prev >= rev) this.note(`${event} has rev ${rev} after prev ${prev}`);
    if (rev <= this.known) return false;
    if (prev > this.known) {
      this.askAgain();
      return false;
    }
    this.known = rev;
    return true;
  }

  askAgain() {
    this.gaps += 1;
    this.channel
      .push("sync", { since: { epoch: this.epoch, rev: this.known } })
      .then(({ status, response }) => {
        if (status !== "ok") this.note(`sync was answered ${status}: ${JSON.stringify(response)}`);
        else this.sync(response);
        this.#changed();
      });
  }

  note(sentence) {
    this.broken.push(sentence);
  }

  #attached = false;

  #attach() {
    if (this.#attached) return;
    this.#attached = true;
    this.channel.events.each(({ event, payload }) => {
      if (event.startsWith("phx_")) return;
      this.apply(event, payload);
      this.#changed();
    });
  }

  #changed() {
    for (const check of [...this.#waiting]) check();
  }
}

/** The topic `projects`: every project's and every session's row. */
export class ProjectsView extends View {
  projects = new Map();
  sessions = new Map();
  /** Every session_updated as it came. */
  updates = [];

  constructor(client) {
    super(client, "projects", () => (this.epoch ? { since: { epoch: this.epoch, rev: this.known } } : {}));
  }

  describe() {
    return JSON.stringify([...this.sessions.values()].map(({ id, state }) => ({ id, state })));
  }

  sync(reply) {
    if (reply.mode === "snapshot") {
      this.projects.clear();
      this.sessions.clear();
      for (const { sessions, ...project } of reply.projects) {
        this.projects.set(project.id, project);
        for (const session of sessions) this.sessions.set(session.id, session);
      }
    } else if (reply.mode === "delta") {
      for (const project of reply.projects) this.projects.set(project.id, project);
      for (const session of reply.sessions) this.sessions.set(session.id, session);
      for (const id of reply.removed.projects) this.#removeProject(id);
      for (const id of reply.removed.sessions) this.sessions.delete(id);
    }
    this.epoch = reply.epoch;
    this.known = reply.rev;
  }

  apply(event, data) {
    if (event === "sync") return this.sync(data);
    if (event === "head") return data.rev > this.known && this.askAgain();
    if (!this.inOrder(event, data)) return undefined;
    const { rev, prev, ...fields } = data;
    switch (event) {
      case "session_created":
        return this.sessions.set(data.session.id, data.session);
      case "session_updated":
        this.updates.push(data);
        return merge(this.sessions, "sessionId", { rev, ...fields }, this);
      case "session_deleted":
        return this.sessions.delete(data.sessionId);
      case "project_created":
        return this.projects.set(data.project.id, data.project);
      case "project_updated":
        return merge(this.projects, "projectId", { rev, ...fields }, this);
      case "project_deleted":
        return this.#removeProject(data.projectId);
      default:
        return this.note(`the event ${event} is unknown`);
    }
  }

  /** While others change rows, an answer may be ahead of a push: it is asked again until it rests. */
  async verify(muster) {
    assert.deepEqual(this.broken, []);
    for (let last = -1; ;) {
      const { projects, epoch, rev } = await muster.ok("GET", "/api/projects");
      const theirs = projects.map(sorted).sort(byId);
      if (rev === last || isDeepStrictEqual(this.#nested(), theirs)) {
        assert.deepEqual(this.#nested(), theirs);
        assert.equal(this.epoch, epoch);
        return;
      }
      last = rev;
    }
  }

  #nested() {
    const all = [...this.sessions.values()];
    const nested = [...this.projects.values()].map((project) => ({
      ...project,
      sessions: all.filter((each) => each.project_id === project.id),
    }));
    return nested.map(sorted).sort(byId);
  }

  #removeProject(id) {
    this.projects.delete(id);
    for (const session of this.sessions.values()) {
      if (session.project_id === id) this.sessions.delete(session.id);
    }
  }
}

/** The topic `session:{id}`: one session's row, its transcript, its queue, and what its agent waits for. */
export class SessionView extends View {
  row = null;
  messages = new Map();
  queue = [];
  permissions = [];
  /** Every permission_resolved as it came. */
  resolved = [];
  /** Every message_complete, every error, every session_updated as they came. */
  completions = [];
  errors = [];
  updates = [];
  /** How many pieces came by stream_output. */
  pieces = 0;
  #turnsSeen = 0;

  constructor(client, sessionId) {
    super(client, `session:${sessionId}`, () =>
      this.epoch ? { since: { epoch: this.epoch, rev: this.known }, since_seq: this.lastSeq } : {},
    );
    this.id = sessionId;
  }

  get state() {
    return this.row.state;
  }

  get lastSeq() {
    return Math.max(0, ...[...this.messages.values()].map((message) => message.seq));
  }

  /** The transcript, oldest first. */
  get transcript() {
    return [...this.messages.values()].sort((a, b) => a.seq - b.seq);
  }

  /** The transcript as [kind, text]. */
  get said() {
    return this.transcript.map(({ kind, text }) => [kind, text]);
  }

  /** The text of every message of the kind, in order. */
  text(kind = "text") {
    const wanted = this.transcript.filter((message) => message.kind === kind);
    return wanted.map((message) => message.text).join("");
  }

  describe() {
    const { state, error_message: reason } = this.row ?? {};
    const said = this.said.slice(-3).map(([kind, text]) => [kind, text.slice(-200)]);
    return JSON.stringify({ state, reason, said, broken: this.broken, completions: this.completions.length });
  }

  /** Sends a prompt; throws where it is refused. Resolves with the reply. */
  async send(text, id = randomUUID(), more = {}) {
    const { status, response } = await this.channel.push("send_message", { id, text, ...more });
    if (status === "ok") return response;
    throw new Error(`send_message was answered ${status}: ${JSON.stringify(response)}`);
  }

  /** Resolves when that many requests are open, with them. */
  async asked(count = 1) {
    const what = `${count} open requests`;
    await this.until(() => this.permissions.length === count && this.row.waiting_for, what);
    return this.permissions;
  }

  /** Answers an open request; resolves with the reply, whatever it is. */
  answer(id, decision, more = {}) {
    return this.channel.push("answer_permission", { id, decision, ...more });
  }

  editQueue(id, change) {
    return this.channel.push("edit_queue", { id, ...change });
  }

  async cancel() {
    const { status, response } = await this.channel.push("cancel", {});
    if (status !== "ok") throw new Error(`cancel was answered ${status}: ${JSON.stringify(response)}`);
  }

  /** The next end of a turn, past those that earlier calls returned. */
  async turnEnded(ms) {
    await this.until(() => this.completions.length > this.#turnsSeen, "the end of a turn", ms);
    return this.completions[this.#turnsSeen++];
  }

  /** A whole turn: sends, and waits for its end, not for that of a turn whose end is shown already. */
  async turn(text, ms) {
    const { rev } = this.row;
    const { length: before } = this.completions;
    await this.send(text);
    const end = () => this.completions.findIndex((each, at) => at >= before && each.rev > rev);
    await this.until(() => end() >= 0, "the end of the turn", ms);
    this.#turnsSeen = end() + 1;
    return this.completions[end()];
  }

  /** Resolves when that text has been shown. */
  shows(text, ms) {
    const wanted = text instanceof RegExp ? (all) => text.test(all) : (all) => all.includes(text);
    return this.until(() => wanted(this.text()), `the output ${text}`, ms);
  }

  becomes(state, ms) {
    return this.until(() => this.state === state, `the state ${state}`, ms);
  }

  sync(reply) {
    if (reply.sessionId !== this.id) this.note(`a sync names the session ${reply.sessionId}`);
    if (reply.mode === "snapshot") this.messages.clear();
    for (const message of reply.messages) this.messages.set(message.id, message);
    this.row = reply.session;
    this.queue = reply.queue;
    this.permissions = reply.permissions;
    this.epoch = reply.epoch;
    this.known = reply.rev;
  }

  apply(event, data) {
    if (event !== "head" && data.sessionId !== this.id) this.note(`${event} names ${data.sessionId}`);
    switch (event) {
      case "sync":
        return this.sync(data);
      case "head":
        return data.rev > this.known && this.askAgain();
      case "session_updated":
        return this.#onUpdate(data);
      case "stream_output":
        return this.#onText(data);
      case "message_added":
        return this.#onMessage(data.message);
      case "message_complete":
        return this.completions.push({ ...data, row: this.row });
      case "error":
        return this.errors.push(data);
      case "queue_updated":
        this.queue = data.queue;
        return undefined;
      case "permission_requested":
        this.permissions = [
          ...this.permissions.filter(({ id }) => id !== data.permission.id),
          data.permission,
        ];
        return undefined;
      case "permission_resolved":
        this.permissions = this.permissions.filter(({ id }) => id !== data.id);
        return this.resolved.push(data);
      default:
        return this.note(`the event ${event} is unknown`);
    }
  }

  async verify(muster) {
    assert.deepEqual(this.broken, []);
    assert.deepEqual(sorted(this.row), sorted(await muster.ok("GET", `/api/sessions/${this.id}`)));
    const stored = await storedMessages(muster, this.id);
    const oldest = this.transcript[0]?.seq ?? 0;
    assertSame(
      this.transcript,
      stored.filter((message) => message.seq >= oldest),
    );
    assert.equal(new Set(stored.map((message) => message.seq)).size, stored.length, "a seq is there twice");
    assert.equal(this.row.queue_length, this.queue.length);
    assert.equal(this.row.waiting_for !== null, this.permissions.length > 0);
  }

  #onUpdate(data) {
    if (!this.inOrder("session_updated", data)) return;
    const { sessionId, prev, ...fields } = data;
    this.updates.push(data);
    if (data.rev > this.row.rev) this.row = { ...this.row, ...fields };
  }

  #onMessage(message) {
    if (message.session_id !== this.id) this.note(`a message is of the session ${message.session_id}`);
    const same = this.transcript.find((each) => each.seq === message.seq);
    if (same && same.id !== message.id) this.note(`two messages have the seq ${message.seq}`);
    this.messages.set(message.id, message);
  }

  #onText({ message_id: id, at, text }) {
    const message = this.messages.get(id);
    if (message?.text.length !== at || !message.streaming) {
      this.askAgain();
      return;
    }
    this.pieces += 1;
    this.messages.set(id, { ...message, text: message.text + text });
  }
}

/**
 * A new session in a new project, seen by one client on both topics. `beside`: another room, whose
 * client and view of the projects are used.
 */
export async function openRoom(t, muster, { agent = "shell", name, options, beside, ...given } = {}) {
  const folder = mkdtempSync(join(muster.project, "p-"));
  const client = beside?.client ?? given.client ?? connect(t, muster);
  const projects = beside?.projects ?? new ProjectsView(client);
  if (!beside) await projects.joined();
  const { id: projectId } = await muster.ok("POST", "/api/projects", { path: folder });
  const wanted = { agent, ...(name && { name }), ...(options && { options }) };
  const { id: sessionId } = await muster.ok("POST", `/api/projects/${projectId}/sessions`, wanted);
  const session = new SessionView(client, sessionId);
  await session.joined();
  const verify = async () => {
    await session.verify(muster);
    await projects.verify(muster);
  };
  return { client, projects, session, projectId, sessionId, folder, verify };
}

/** Everything of a transcript that the server has, oldest first. */
export async function storedMessages(muster, sessionId) {
  let all = [];
  for (let before = ""; ; before = `&before=${all[0].seq}`) {
    const page = await muster.ok("GET", `/api/sessions/${sessionId}/messages?limit=200${before}`);
    all = [...page.messages, ...all];
    if (!page.has_older) return all;
  }
}

/** Like deepEqual, without printing megabytes where it fails. */
function assertSame(ours, theirs) {
  const short = (list) =>
    list.map((message) => ({
      ...sorted(message),
      text: `${message.text.length}: ${message.text.slice(-60)}`,
    }));
  assert.deepEqual(short(ours), short(theirs));
  for (const [at, message] of ours.entries())
    assert.ok(message.text === theirs[at].text, `text of seq ${message.seq}`);
}

function merge(rows, key, { [key]: id, ...fields }, view) {
  const row = rows.get(id);
  if (!row) view.note(`an update names ${id}, which is not there`);
  else if (fields.rev > row.rev) rows.set(id, { ...row, ...fields });
}

function sorted(row) {
  const fields = Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
  const copy = Object.fromEntries(fields);
  if (Array.isArray(copy.sessions)) copy.sessions = copy.sessions.map(sorted).sort(byId);
  return copy;
}

function byId(a, b) {
  return a.id < b.id ? -1 : 1;
}

/** Several clients see one truth: two tabs, two sessions, names, what is read, what is deleted. */
import assert from "node:assert/strict";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { connect } from "../lib/phoenix.mjs";
import { groupGone, pidIn } from "../lib/processes.mjs";
import { after, before, test } from "../lib/test.mjs";
import { ProjectsView, SessionView, openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
before(async () => {
  muster = await startMuster(null);
});
after(() => muster.dispose());

const room = (t, options) => openRoom(t, muster, options);

/** Another tab: a client of its own that looks at the same session. */
async function openTab(t, sessionId, version = "1.7") {
  const client = connect(t, muster, { version });
  const projects = new ProjectsView(client);
  await projects.joined();
  const session = new SessionView(client, sessionId);
  await session.joined();
  return { client, projects, session };
}

test("failure 9: two tabs, one session: both stream, both are right, also the one that came in mid-turn", async (t) => {
  const { session, projects, verify } = await room(t);
  const second = await openTab(t, session.id);
  const gate = makeGate(t, muster.dir);
  await session.send(`echo one; ${gate.wait}; echo two; ${gate.wait}; echo three`);
  await Promise.all([session.shows("one\n"), second.session.shows("one\n")]);
  assert.equal(second.session.state, "working");
  const third = await openTab(t, session.id, "1.8");
  assert.equal(third.session.state, "working");
  assert.equal(third.session.text(), "one\n", "the join brings what has streamed so far");
  assert.equal(third.session.transcript.at(-1).streaming, true);
  gate.open();
  await Promise.all([session, second.session, third.session].map((view) => view.shows("two\n")));
  assert.ok(third.session.pieces >= 1);
  gate.open();
  const tabs = [{ session, projects }, second, third];
  for (const tab of tabs) {
    const done = await tab.session.turnEnded();
    assert.equal(done.row.state, "idle");
    assert.equal(tab.session.text(), "one\ntwo\nthree\n");
    assert.equal(tab.session.gaps + tab.projects.gaps, 0);
    await tab.session.verify(muster);
    await tab.projects.verify(muster);
  }
  assert.deepEqual(second.session.row, session.row);
  assert.deepEqual(third.session.said, session.said);
  await verify();
});

test("a prompt and a cancel of one tab are seen in the other", async (t) => {
  const { session } = await room(t);
  const other = await openTab(t, session.id);
  await other.session.send("echo from the other; tail -f /dev/null");
  await session.shows("from the other\n");
  assert.equal(session.said[0][1], "echo from the other; tail -f /dev/null");
  await session.cancel();
  assert.equal((await other.session.turnEnded()).cancelled, true);
  assert.equal((await session.turnEnded()).cancelled, true);
  await session.verify(muster);
  await other.session.verify(muster);
});

test("failure 5: every event names its session; a session's topic carries nothing of another", async (t) => {
  const one = await room(t);
  const two = await room(t, { beside: one });
  const gate = makeGate(t, muster.dir);
  await one.session.send(`echo one; ${gate.wait}; echo one more`);
  await one.session.shows("one\n");
  const before = { row: two.session.row, events: two.session.channel.events.items.length };
  gate.open();
  await one.session.turnEnded();
  await two.session.channel.push("sync", { since: { epoch: two.session.epoch, rev: two.session.known } });
  assert.equal(two.session.channel.events.items.length, before.events, "nothing came on the other topic");
  assert.equal(two.session.row, before.row);
  for (const { event, payload } of one.session.channel.events.items) {
    if (!event.startsWith("phx_")) assert.equal(payload.sessionId, one.sessionId, event);
  }
  for (const { sessionId } of one.projects.updates) assert.equal(sessionId, one.sessionId);
  await one.verify();
  await two.session.verify(muster);
});

test("what one tab has read is read in the other", async (t) => {
  const { session, projects, verify } = await room(t);
  const other = await openTab(t, session.id);
  await session.turn("echo something to read");
  await other.session.until(() => other.session.state === "idle", "idle");
  assert.equal(session.row.last_seq, 2);
  assert.equal(session.row.read_seq, 1, "one's own prompt is read, the answer is not");
  const read = (view, payload) => view.channel.push("mark_read", payload);
  assert.equal((await read(other.session, { seq: 2 })).status, "ok");
  await Promise.all(
    [session, other.session].map((view) => view.until(() => view.row.read_seq === 2, "read")),
  );
  await projects.until(() => projects.sessions.get(session.id).read_seq === 2, "read in the list");
  const { rev } = session.row;
  await read(session, { seq: 1 });
  await read(session, { seq: 99 });
  await read(session, {});
  assert.equal(session.row.rev, rev, "nothing is read twice, or unread again, or read before it is there");
  await session.turn("echo more");
  const answer = await muster.ok("POST", `/api/sessions/${session.id}/read`, {});
  assert.equal(answer.read_seq, answer.last_seq);
  await session.until(() => session.row.read_seq === 4, "read");
  await verify();
});

test("names: what one gives, all see; too long or empty ones are refused", async (t) => {
  const { session, projects, projectId, verify } = await room(t);
  const other = await openTab(t, session.id);
  await muster.ok("PATCH", `/api/sessions/${session.id}`, { name: "  A new\tname  " });
  await muster.ok("PATCH", `/api/projects/${projectId}`, { name: "A project" });
  await Promise.all(
    [session, other.session].map((view) => view.until(() => view.row.name === "A new name", "the name")),
  );
  for (const view of [projects, other.projects]) {
    await view.until(() => view.projects.get(projectId).name === "A project", "the project's name");
    assert.equal(view.sessions.get(session.id).name, "A new name");
  }
  for (const path of [`/api/sessions/${session.id}`, `/api/projects/${projectId}`]) {
    assert.equal((await muster.api("PATCH", path, { name: "x".repeat(201) })).status, 413);
    assert.equal((await muster.api("PATCH", path, { name: " \u0001 " })).status, 422);
    assert.equal((await muster.api("PATCH", path, { name: 5 })).status, 422);
  }
  await session.turn("echo this would be a name");
  assert.equal(session.row.name, "A new name", "a name that a person gave stays");
  await verify();
});

test("a session is archived, and back again by a prompt", async (t) => {
  const { session, projects, verify } = await room(t);
  await muster.ok("PATCH", `/api/sessions/${session.id}`, { archived: true });
  await projects.until(() => projects.sessions.get(session.id).archived_at !== null, "archived");
  await session.turn("echo back");
  assert.equal(session.row.archived_at, null);
  assert.equal(projects.sessions.get(session.id).archived_at, null);
  await verify();
});

test("a session that works is deleted: its agent is ended, its topic closed, its row gone", async (t) => {
  const { session, projects, sessionId } = await room(t);
  const other = await openTab(t, sessionId);
  await session.send("echo pid=$$; tail -f /dev/null & tail -f /dev/null");
  await session.shows(/pid=\d+\n/);
  const pid = pidIn(session.text());
  assert.equal((await muster.api("DELETE", `/api/sessions/${sessionId}`)).status, 204);
  await groupGone(pid);
  for (const view of [session, other.session]) await view.until(() => view.closed, "its topic to be closed");
  for (const view of [projects, other.projects]) {
    await view.until(() => !view.sessions.has(sessionId), "the row to go");
    await view.verify(muster);
  }
  assert.equal((await muster.api("GET", `/api/sessions/${sessionId}`)).status, 404);
  assert.equal(
    (await muster.api("POST", `/api/sessions/${sessionId}/messages`, { id: "x", text: "x" })).status,
    404,
  );
  assert.equal((await muster.api("DELETE", `/api/sessions/${sessionId}`)).status, 404);
  const { status, response } = await connect(t, muster).channel(`session:${sessionId}`).join();
  assert.equal(status, "error");
  assert.equal(response.code, "SESSION_NOT_FOUND");
  await poll(() => muster.holders().length === 0, "the holder to end");
});

test("a project is deleted: the agents of its sessions are ended, their topics closed, their rows gone", async (t) => {
  const { session, projects, projectId, sessionId } = await room(t);
  await session.send("echo pid=$$; tail -f /dev/null");
  await session.shows(/pid=\d+\n/);
  const pid = pidIn(session.text());
  const { id: second } = await muster.ok("POST", `/api/projects/${projectId}/sessions`, { agent: "shell" });
  await projects.until(() => projects.sessions.has(second), "the second session");
  assert.equal((await muster.api("DELETE", `/api/projects/${projectId}`)).status, 204);
  await groupGone(pid);
  await session.until(() => session.closed, "its topic to be closed");
  await projects.until(() => !projects.projects.has(projectId), "the project to go");
  assert.ok(!projects.sessions.has(sessionId) && !projects.sessions.has(second));
  await projects.verify(muster);
  for (const path of [
    `/api/projects/${projectId}`,
    `/api/sessions/${sessionId}`,
    `/api/sessions/${second}`,
  ]) {
    assert.equal((await muster.api("GET", path)).status, 404);
  }
});

test("who was away while rows were deleted is told so by the delta", async (t) => {
  const one = await room(t);
  const two = await room(t);
  const away = await openTab(t, one.sessionId);
  const since = { epoch: away.projects.epoch, rev: two.projects.known };
  await away.client.close();
  await muster.ok("DELETE", `/api/sessions/${one.sessionId}`);
  await muster.ok("DELETE", `/api/projects/${two.projectId}`);
  await muster.ok("PATCH", `/api/projects/${one.projectId}`, { name: "Left" });
  const { response } = await connect(t, muster).channel("projects", { since }).join();
  assert.equal(response.mode, "delta");
  assert.deepEqual(
    response.projects.map(({ id, name }) => [id, name]),
    [[one.projectId, "Left"]],
  );
  assert.deepEqual(response.sessions, []);
  assert.deepEqual(response.removed.projects, [two.projectId]);
  assert.ok(response.removed.sessions.includes(one.sessionId));
});

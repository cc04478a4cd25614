/** The order of rows: pins, the archive, places, and moves to another project, as every client sees them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Follower, truth } from "../lib/follower.mjs";
import { startMuster } from "../lib/muster.mjs";
import { connect } from "../lib/phoenix.mjs";
import { isAlive } from "../lib/processes.mjs";
import { seeingClaude } from "../lib/seeing-claude.mjs";
import { test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

async function open(t, options) {
  const folder = mkdtempSync(join(tmpdir(), "muster-order-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const muster = await startMuster(t, { path: [seeingClaude(folder, options).dir] });
  const addProject = async (name) => {
    const path = join(muster.dir, name);
    mkdirSync(path);
    return muster.ok("POST", "/api/projects", { path });
  };
  const addSession = (project, agent = "shell") =>
    muster.ok("POST", `/api/projects/${project.id}/sessions`, { agent });
  const change = (row, body) =>
    muster.ok("PATCH", `/api/${row.agent ? "sessions" : "projects"}/${row.id}`, body);
  return { muster, addProject, addSession, change };
}

async function follow(t, muster, options) {
  const follower = new Follower(connect(t, muster, options), options);
  await follower.joined();
  return follower;
}

/** The ids as a person sees them, from the top. */
const sessionIds = ({ sessions }) => sorted(sessions, (a, b) => b.position - a.position);
const projectIds = (projects) => sorted(projects, (a, b) => a.position - b.position);
function sorted(rows, compare) {
  assert.equal(new Set(rows.map(({ position }) => position)).size, rows.length, "no two stand at one place");
  return [...rows].sort(compare).map(({ id }) => id);
}

const row = (muster, id) => muster.ok("GET", `/api/sessions/${id}`);

async function turn(muster, id, text = "go") {
  await muster.ok("POST", `/api/sessions/${id}/messages`, { id: randomUUID(), text });
  await poll(async () => (await row(muster, id)).state === "idle", "the turn to end");
}

test("new sessions stand first, new projects last; what is moved stands below the one it names", async (t) => {
  const { muster, addProject, addSession, change } = await open(t);
  const [a, b, c] = [await addProject("a"), await addProject("b"), await addProject("c")];
  const sessions = [];
  for (let n = 0; n < 4; n += 1) sessions.push(await addSession(a));
  const ids = sessions.map(({ id }) => id).reverse();
  const list = async () => (await truth(muster)).projects;
  const inA = async () => sessionIds((await list()).find(({ id }) => id === a.id));
  assert.deepEqual(projectIds(await list()), [a.id, b.id, c.id]);
  assert.deepEqual(await inA(), ids);
  assert.equal(sessions[0].position, Date.parse(sessions[0].created_at) * 1024);
  await change({ id: ids[0], agent: "shell" }, { after: ids[2] });
  assert.deepEqual(await inA(), [ids[1], ids[2], ids[0], ids[3]]);
  await change({ id: ids[3], agent: "shell" }, { after: null });
  assert.deepEqual(await inA(), [ids[3], ids[1], ids[2], ids[0]]);
  await change(c, { after: a.id });
  assert.deepEqual(projectIds(await list()), [a.id, c.id, b.id]);
  await change(b, { after: null });
  assert.deepEqual(projectIds(await list()), [b.id, a.id, c.id]);
  const fresh = await addSession(a);
  assert.equal((await inA())[0], fresh.id, "above the one that was moved to the top");
  for (const [path, after, words] of [
    [`/api/sessions/${ids[0]}`, ids[0], "itself"],
    [`/api/sessions/${ids[0]}`, "nobody", "no session"],
    [`/api/sessions/${ids[0]}`, (await addSession(b)).id, "another project"],
    [`/api/projects/${a.id}`, a.id, "itself"],
    [`/api/projects/${a.id}`, "nobody", "no project"],
  ]) {
    const { status, body } = await muster.api("PATCH", path, { after });
    assert.deepEqual([status, body.error.code], [422, "INVALID_FIELD"]);
    assert.ok(body.error.message.includes(words), body.error.message);
  }
});

test("two people move rows at once: every client ends with one order, one that loses pushes too", async (t) => {
  const { muster, addProject, addSession, change } = await open(t);
  const projects = [await addProject("a"), await addProject("b"), await addProject("c")];
  const sessions = [];
  for (let n = 0; n < 24; n += 1) sessions.push(await addSession(projects[n % 3]));
  let lost = 0;
  const followers = [
    await follow(t, muster, { version: "1.7" }),
    await follow(t, muster),
    await follow(t, muster, { lose: () => (lost += 1) % 5 === 0 }),
  ];
  let seed = 5;
  const random = (n) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % n;
  };
  const pick = (list) => list[random(list.length)];
  const person = async () => {
    for (let n = 0; n < 60; n += 1) {
      const session = pick(sessions);
      const other = pick(sessions);
      const bodies = [
        { after: null },
        { after: other.id },
        { after: other.id },
        { project_id: pick(projects).id },
        { pinned: random(2) === 0 },
        { archived: random(2) === 0, name: `n${n}` },
      ];
      const { status, body } = await muster.api("PATCH", `/api/sessions/${session.id}`, pick(bodies));
      assert.ok(status === 200 || body.error.code === "INVALID_FIELD", JSON.stringify(body));
      const project = pick(projects);
      const below = pick(projects);
      if (n % 4 === 0 && below !== project) await change(project, { after: below.id, pinned: n % 8 === 0 });
    }
  };
  await Promise.all([person(), person()]);
  const { projects: rows, rev } = await truth(muster);
  projectIds(rows);
  rows.forEach(sessionIds);
  await change(projects[0], { name: "the last change" }); // what was lost before it shows as a gap
  for (const follower of followers) {
    await follower.reached(rev + 1);
    assert.deepEqual(follower.list(), (await truth(muster)).projects);
  }
});

test("a change of several things is one push with what changed, and outlives a kill", async (t) => {
  const { muster, addProject, addSession, change } = await open(t);
  const a = await addProject("a");
  const session = await addSession(a);
  const above = await addSession(a);
  const channel = connect(t, muster).channel("projects");
  await channel.joined();
  const answer = await change(session, { name: "Mine", pinned: true, archived: true, after: null });
  const { event, payload } = await channel.events.next();
  assert.equal(event, "session_updated");
  assert.deepEqual(payload, {
    sessionId: session.id,
    rev: answer.rev,
    prev: above.rev,
    name: "Mine",
    position: answer.position,
    pinned_at: answer.pinned_at,
    archived_at: answer.archived_at,
    updated_at: answer.updated_at,
  });
  const project = await change(a, { archived: true, pinned: true });
  assert.deepEqual((await channel.events.next()).payload, {
    projectId: a.id,
    rev: project.rev,
    prev: answer.rev,
    pinned_at: project.pinned_at,
    archived_at: project.archived_at,
    updated_at: project.updated_at,
  });
  const again = await muster.api("POST", "/api/projects", { path: a.path });
  assert.deepEqual([again.status, again.body.error.code], [409, "PROJECT_EXISTS"]);
  assert.match(again.body.error.message, /"a", which is archived\.$/);
  await muster.restart({ signal: "SIGKILL" });
  const { projects } = await truth(muster);
  assert.equal(projects[0].archived_at, project.archived_at);
  assert.deepEqual(projects[0].sessions.find(({ id }) => id === session.id), answer);
  const back = await change(session, { pinned: false, archived: false });
  assert.deepEqual([back.pinned_at, back.archived_at, back.name], [null, null, "Mine"]);
});

test("a session that moves leaves its conversation and its process behind", async (t) => {
  const { muster, addProject, addSession, change } = await open(t);
  const [a, b] = [await addProject("alpha"), await addProject("beta")];
  await addSession(b);
  const session = await addSession(a, "claude");
  const followers = [await follow(t, muster), await follow(t, muster, { version: "1.7" })];
  await turn(muster, session.id);
  const before = await row(muster, session.id);
  assert.ok(before.cli_session_id);
  const [old] = muster.agents();
  const moved = await change(session, { project_id: b.id });
  assert.deepEqual([moved.project_id, moved.cli_session_id, moved.state], [b.id, null, "idle"]);
  await poll(() => !isAlive(old.pid), "the process to end");
  const { messages } = await muster.ok("GET", `/api/sessions/${session.id}/messages`);
  const said =
    "Moved from alpha to beta. The agent begins a new conversation there: it does not remember what was said here.";
  assert.deepEqual([messages.at(-1).kind, messages.at(-1).text], ["notice", said]);
  const now = await truth(muster);
  const there = now.projects.find(({ id }) => id === b.id);
  assert.equal(sessionIds(there)[0], session.id, "it stands first");
  for (const follower of followers) {
    await follower.reached(now.rev);
    assert.deepEqual(follower.list(), now.projects);
  }
  await turn(muster, session.id, "and on");
  const [fresh] = muster.agents();
  assert.notEqual(fresh.pid, old.pid);
  assert.equal(readlinkSync(`/proc/${fresh.pid}/cwd`), b.path);
  assert.ok(!readFileSync(`/proc/${fresh.pid}/cmdline`, "utf8").includes("--resume"));
  const usage = await muster.ok("GET", `/api/usage?session_id=${session.id}`);
  assert.deepEqual(
    usage.projects.map(({ id, usage }) => [id, usage.turns]).sort(),
    [[a.id, 1], [b.id, 1]].sort(),
    "what was used before stays with the project where it was used",
  );
  assert.deepEqual(usage.sessions.map(({ project_id, usage }) => [project_id, usage.turns]), [[b.id, 2]]);
  const inAlpha = await muster.ok("GET", `/api/usage?project_id=${a.id}`);
  assert.deepEqual(inAlpha.sessions.map(({ project_id, usage }) => [project_id, usage.turns]), [[a.id, 1]]);
  await muster.ok("DELETE", `/api/projects/${a.id}`);
  assert.equal((await row(muster, session.id)).project_id, b.id, "it does not go with its former project");
});

test("a session does not move while its agent works or prompts wait, nor to where nothing is", async (t) => {
  const { muster, addProject, addSession, change } = await open(t);
  const [a, b] = [await addProject("a"), await addProject("b")];
  const session = await addSession(a);
  const move = (body) => muster.api("PATCH", `/api/sessions/${session.id}`, body);
  const none = await move({ project_id: "nobody" });
  assert.deepEqual([none.status, none.body.error.code], [404, "PROJECT_NOT_FOUND"]);
  await muster.ok("POST", `/api/sessions/${session.id}/messages`, { id: "m1", text: "exec sleep 60" });
  const busy = await move({ project_id: b.id, name: "Not this either" });
  assert.deepEqual([busy.status, busy.body.error.code], [409, "SESSION_BUSY"]);
  assert.notEqual((await row(muster, session.id)).name, "Not this either");
  assert.equal((await change(session, { project_id: a.id, name: "Stays" })).name, "Stays");
  await muster.ok("POST", `/api/sessions/${session.id}/messages`, { id: "m2", text: "true" });
  await muster.ok("POST", `/api/sessions/${session.id}/cancel`);
  await poll(async () => (await row(muster, session.id)).state === "idle", "the cancel");
  const waits = await move({ project_id: b.id });
  assert.deepEqual([waits.status, waits.body.error.code], [409, "SESSION_BUSY"]);
  assert.match(waits.body.error.message, /queue/);
  await muster.ok("POST", `/api/sessions/${session.id}/queue`, { id: "m2", remove: true });
  const other = await addSession(b);
  const below = await change(session, { project_id: b.id, after: other.id });
  assert.ok(below.position < other.position);
});

test("the server is killed right after a move: the former process is ended all the same", async (t) => {
  const { muster, addProject, addSession, change } = await open(t);
  const [a, b] = [await addProject("a"), await addProject("b")];
  const session = await addSession(a, "claude");
  await turn(muster, session.id);
  const [old] = muster.agents();
  const moved = await change(session, { project_id: b.id });
  await muster.restart({ signal: "SIGKILL" });
  await poll(() => !isAlive(old.pid), "the process to end");
  assert.equal((await row(muster, session.id)).project_id, moved.project_id);
  await turn(muster, session.id, "and on");
  const [fresh] = muster.agents();
  assert.equal(readlinkSync(`/proc/${fresh.pid}/cwd`), b.path);
});

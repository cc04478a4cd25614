/** A long list comes in slices: by the channel and by REST, while it changes, and over a reconnect. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Follower, truth, wholeList } from "../lib/follower.mjs";
import { startMuster } from "../lib/muster.mjs";
import { connect, versions } from "../lib/phoenix.mjs";
import { after, before, test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

const PROJECTS = 3000;
const SLICE_ROWS = 1000;
const AT_ONCE = 16;

let muster;
const made = [];

async function each(count, make) {
  let next = 0;
  const work = async () => {
    while (next < count) await make(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

const addSession = (projectId) => muster.ok("POST", `/api/projects/${projectId}/sessions`, { agent: "shell" });
const change = (id, body) => muster.ok("PATCH", `/api/sessions/${id}`, body);

before(async () => {
  muster = await startMuster(null);
  await each(PROJECTS, async (n) => {
    const path = join(muster.home, "many", String(n));
    mkdirSync(path, { recursive: true });
    await muster.ok("POST", "/api/projects", { path });
  });
  made.push(...(await wholeList(muster)).projects);
  for (const at of [0, 1, PROJECTS - 2, PROJECTS - 1]) made[at].sessions = [await addSession(made[at].id)];
});
after(() => muster.dispose());

const same = async (follower) => {
  const { projects, rev } = await truth(muster);
  await follower.reached(rev);
  assert.deepEqual(follower.list(), projects);
};

test("REST gives it in slices, the first with the counts", async () => {
  const first = await muster.ok("GET", "/api/projects");
  assert.equal(first.total_projects, PROJECTS);
  assert.equal(first.total_sessions, 4);
  assert.equal(first.projects.length + first.projects.flatMap(({ sessions }) => sessions).length, SLICE_ROWS);
  const second = await muster.ok("GET", `/api/projects?after=${first.next}`);
  assert.equal(second.total_projects, undefined);
  assert.equal(second.projects.length, SLICE_ROWS);
  const { projects, slices } = await wholeList(muster);
  assert.equal(projects.length, PROJECTS);
  assert.equal(slices, 4);
});

for (const version of versions)
  test(`the official client ${version} gets all of it by the channel`, async (t) => {
    const follower = new Follower(connect(t, muster, { version }));
    const joined = await follower.joined();
    assert.equal(joined.mode, "snapshot");
    assert.equal(joined.total_projects, PROJECTS);
    await follower.whole();
    await same(follower);
  });

test("what changes between the slices arrives, wherever it stands", async (t) => {
  const [first, second] = made;
  const [beforeLast, last] = made.slice(-2);
  const follower = new Follower(connect(t, muster));
  // The next slice is only asked for when all this has happened.
  const { channel } = follower.channel;
  const push = channel.push.bind(channel);
  let go;
  channel.push = (event, payload) => (event === "snapshot" && !go ? held(payload) : push(event, payload));
  const receivers = [];
  let waiting;
  const held = (payload) => {
    waiting = payload;
    return { receive: (status, hear) => receivers.push([status, hear]) };
  };
  await follower.joined();
  await poll(() => waiting, "the first slice");
  await change(first.sessions[0].id, { name: "renamed, here" });
  await change(last.sessions[0].id, { name: "renamed, to come" });
  await change(beforeLast.sessions[0].id, { project_id: second.id }); // from what is to come to where it was read
  await change(second.sessions[0].id, { project_id: last.id }); // and the other way
  const added = await addSession(first.id);
  await muster.ok("DELETE", `/api/projects/${made.at(-3).id}`);
  await muster.ok("DELETE", `/api/projects/${made[2].id}`);
  go = true;
  const real = push("snapshot", waiting);
  for (const [status, hear] of receivers) real.receive(status, hear);
  await follower.whole();
  await same(follower);
  assert.equal(follower.rows.sessions.get(beforeLast.sessions[0].id).project_id, second.id);
  assert.ok(follower.rows.sessions.has(added.id));
});

test("a reconnect in the middle goes on where it was", async (t) => {
  const client = connect(t, muster);
  const follower = new Follower(client);
  await follower.joined();
  client.drop();
  await follower.story.find(({ what, mode }) => what === "joined" && mode !== "snapshot", { what: "the rejoin" });
  const { status, response } = await follower.channel.push("snapshot", { after: follower.next });
  assert.equal(status, "ok");
  assert.equal(response.epoch, follower.epoch);
});

test("what is no place is refused with a sentence, by both ways", async (t) => {
  const projects = connect(t, muster).channel("projects", { since: null });
  await projects.joined();
  for (const wrong of ["", "x", "1", "1.2.3", "-1.0"]) {
    const { status, response } = await projects.push("snapshot", { after: wrong });
    assert.equal(status, "error");
    assert.equal(response.code, "INVALID_FIELD");
    assert.match(response.message, /`after` must be the `next` of a slice/);
    const { status: code, body } = await muster.api("GET", `/api/projects?after=${wrong}`);
    assert.equal(code, 422);
    assert.equal(body.error.code, "INVALID_FIELD");
  }
  assert.equal((await projects.push("snapshot", {})).response.code, "INVALID_FIELD");
});

test("one connection asks for one slice at a time; another is heard meanwhile", async (t) => {
  const clients = Array.from({ length: 5 }, () => connect(t, muster).channel("projects", { since: null }));
  const joined = await Promise.all(clients.map((each) => each.joined()));
  const answers = await Promise.all(
    clients.flatMap((each, n) => [1, 2, 3].map(() => each.push("snapshot", { after: joined[n].next }))),
  );
  const refused = answers.filter(({ status }) => status === "error");
  assert.ok(answers.length - refused.length >= clients.length);
  for (const { response } of refused) assert.equal(response.code, "LIMIT_REACHED");
  // Each of them is served again afterwards.
  for (const [n, each] of clients.entries()) {
    const { response } = await each.push("snapshot", { after: joined[n].next });
    assert.equal(response.projects.length, SLICE_ROWS);
  }
});

/** The database is replaced under its clients: they notice, whatever they knew. */
import assert from "node:assert/strict";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { connect } from "../lib/phoenix.mjs";
import { allProcesses } from "../lib/processes.mjs";
import { test } from "../lib/test.mjs";
import { ProjectsView, SessionView, openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

const databaseFiles = (folder) => readdirSync(folder).filter((name) => name.startsWith("muster.db"));

function removeDatabase(muster) {
  for (const name of databaseFiles(muster.dataDir)) rmSync(join(muster.dataDir, name));
}

function copyDatabase(from, to) {
  for (const name of databaseFiles(from)) cpSync(join(from, name), join(to, name));
}

test("failure 20: the database is deleted: a snapshot with the reason, an empty list, and its agents are ended", async (t) => {
  const muster = await startMuster(t);
  const { session, projects, projectId } = await openRoom(t, muster);
  await session.send("echo pid=$$; tail -f /dev/null");
  await session.shows(/pid=\d+\n/);
  const pid = Number(/pid=(\d+)/.exec(session.text())[1]);
  const { epoch } = projects;
  await muster.kill9();
  removeDatabase(muster);
  await muster.start();
  const reply = await projects.rejoined(2);
  assert.equal(reply.mode, "snapshot");
  assert.equal(reply.reason, "epoch_changed");
  assert.notEqual(reply.epoch, epoch);
  assert.equal(projects.projects.size + projects.sessions.size, 0);
  await projects.verify(muster);
  const gone = await muster.api("GET", `/api/projects/${projectId}`);
  assert.equal(gone.status, 404);
  await poll(
    () => !allProcesses().some((each) => each.pgid === pid && each.state !== "Z"),
    "its agent to end",
  );
  const next = await openRoom(t, muster);
  await next.session.turn("echo works");
  assert.equal(next.session.text(), "works\n");
  await next.verify();
});

test("failure 20: an older copy of the database is put back: a snapshot with the reason, never silence", async (t) => {
  const muster = await startMuster(t);
  const { session, projects, projectId } = await openRoom(t, muster);
  await session.turn("echo kept");
  await muster.stop();
  const backup = join(muster.dir, "tmp");
  copyDatabase(muster.dataDir, backup);
  await muster.start();
  await session.rejoined(2);
  await session.turn("echo lost");
  await muster.ok("POST", `/api/projects/${projectId}/sessions`, { agent: "shell" });
  await projects.until(() => projects.sessions.size === 2, "two sessions");
  const ahead = projects.known;
  await muster.stop();
  removeDatabase(muster);
  copyDatabase(backup, muster.dataDir);
  await muster.start();
  const [rows, transcript] = await Promise.all([projects.rejoined(3), session.rejoined(3)]);
  for (const reply of [rows, transcript]) {
    assert.equal(reply.mode, "snapshot");
    assert.equal(reply.reason, "epoch_changed");
    assert.ok(reply.rev < ahead);
  }
  assert.equal(projects.sessions.size, 1);
  assert.equal(session.text(), "kept\n");
  await session.turn("echo new");
  assert.equal(session.text(), "kept\nnew\n");
  await session.verify(muster);
  await projects.verify(muster);
});

test("failure 20: an older copy is put back while an agent works: its turn is taken up again and ends as it does", async (t) => {
  const muster = await startMuster(t);
  const { session, projects } = await openRoom(t, muster);
  const gate = makeGate(t, muster.dir);
  await session.send(`echo one; ${gate.wait}; echo two; ${gate.wait}; echo three >&2; exit 8`);
  await session.shows("one\n");
  await muster.kill9();
  const backup = join(muster.dir, "tmp");
  copyDatabase(muster.dataDir, backup);
  await muster.start();
  gate.open();
  await session.shows("two\n");
  await muster.kill9();
  removeDatabase(muster);
  copyDatabase(backup, muster.dataDir);
  await muster.start();
  const reply = await session.rejoined(3);
  assert.equal(reply.mode, "snapshot");
  assert.equal(reply.reason, "epoch_changed", "even if the store has caught up with what the client knew");
  assert.equal(session.state, "working", "its agent lives");
  gate.open();
  await session.becomes("error");
  assert.equal(session.row.error_message, "exit 8: three");
  const text = session.text();
  assert.ok(text.startsWith("one\n") && text.endsWith("three\n"), text);
  await session.turn("echo four");
  assert.equal(session.state, "idle");
  await session.verify(muster);
  await projects.verify(muster);
});

test("a restart, stopped or killed, keeps the epoch: who was away gets what changed, and who missed nothing gets nothing", async (t) => {
  const muster = await startMuster(t);
  const { session, projects } = await openRoom(t, muster);
  await session.turn("echo one");
  for (const [times, signal] of [
    [2, "SIGTERM"],
    [3, "SIGKILL"],
  ]) {
    await muster.restart({ signal });
    const [rows, transcript] = await Promise.all([projects.rejoined(times), session.rejoined(times)]);
    assert.equal(rows.mode, "current", `after ${signal}`);
    assert.equal(transcript.mode, "delta");
    assert.deepEqual(transcript.messages, []);
  }
  await session.verify(muster);
  await projects.verify(muster);
});

test("joins that lie about what they know are answered with a snapshot and the reason, or refused", async (t) => {
  const muster = await startMuster(t);
  const { session, projects } = await openRoom(t, muster);
  await session.turn("echo one");
  const client = connect(t, muster);
  const join = async (topic, params) => {
    const channel = client.channel(topic, params);
    const answer = await channel.join();
    await channel.leave();
    return answer;
  };
  const { epoch, known } = projects;
  for (const topic of ["projects", session.topic]) {
    for (const [since, reason] of [
      [{ epoch, rev: known + 1 }, "ahead"],
      [{ epoch, rev: 2 ** 53 - 1 }, "ahead"],
      [{ epoch: "another", rev: 1 }, "epoch_changed"],
      [null, "no_since"],
    ]) {
      const { status, response } = await join(topic, { since });
      assert.equal(status, "ok");
      assert.equal(response.mode, "snapshot");
      assert.equal(response.reason, reason);
    }
    for (const since of [{ epoch }, { rev: 1 }, { epoch: 5, rev: 1 }, "x", { epoch, rev: "1" }]) {
      const { status, response } = await join(topic, { since });
      assert.equal(status, "error", JSON.stringify({ since, response }));
      assert.equal(response.code, "INVALID_FIELD");
    }
  }
  const fresh = new SessionView(client, session.id);
  await fresh.joined();
  await fresh.verify(muster);
  const list = new ProjectsView(client);
  await list.joined();
  await list.verify(muster);
});

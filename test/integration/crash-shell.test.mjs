/** What is left of a turn when the server, the holder or the agent is killed under it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { connect } from "../lib/phoenix.mjs";
import { groupGone, kill, pidIn } from "../lib/processes.mjs";
import { after, before, test } from "../lib/test.mjs";
import { startProxy } from "../lib/tcp-proxy.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
before(async () => {
  muster = await startMuster(null);
});
after(() => muster.dispose());

const room = (t, options) => openRoom(t, muster, options);
const lines = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => `${from + at}\n`).join("");

/** A command that prints the numbers it is told through the gate, until it is told to end. */
const counter = (gate) =>
  `exec 3<${gate.path}; while read -r a b <&3; do [ $a = end ] && exit $b; seq $a $b; done`;

for (const signal of ["SIGKILL", "SIGTERM"]) {
  const name =
    signal === "SIGKILL"
      ? "failure 2: the server is killed"
      : "the server is stopped and started (an upgrade)";
  test(`${name} in mid-turn: the turn goes on, and the transcript has every line exactly once`, async (t) => {
    const { session, projects, verify } = await room(t);
    const gate = makeGate(t, muster.dir);
    const { pid: firstServer } = muster;
    await session.send(counter(gate));
    gate.open("1 100");
    await session.shows(/\n100\n$/);
    await muster.stop(signal);
    gate.open("101 700"); // printed while no server is there
    await muster.start();
    assert.notEqual(muster.pid, firstServer);
    const reply = await session.rejoined(2);
    assert.equal(reply.session.state, "working", "its agent lives");
    assert.notEqual(reply.mode, "snapshot");
    await session.shows(/\n700\n$/);
    gate.open("701 1600"); // and killed while it is being printed
    await muster.restart({ signal });
    gate.open("1601 2000");
    await muster.restart({ signal });
    gate.open("end 0");
    const done = await session.until(() => session.state === "idle", "the turn to end");
    assert.ok(done);
    assert.ok(session.text() === lines(1, 2000), `the transcript has ${session.text().length} characters`);
    assert.equal(projects.sessions.get(session.id).state, "idle");
    assert.deepEqual(
      muster.holders(),
      await poll(() => muster.holders().length === 0 && [], "the holder to end"),
    );
    await verify();
  });
}

test("failure 2: the server is killed at twenty points of a turn: each prompt is run once, each line is there once", async (t) => {
  const { session, verify } = await room(t);
  const count = join(muster.dir, "count");
  const random = seeded(20);
  let expected = "";
  for (let round = 1; round <= 20; round += 1) {
    const id = randomUUID();
    const text = `echo ${round} >> ${count}; i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo "${round}: $i"; done`;
    const path = `/api/sessions/${session.id}/messages`;
    const answered = muster.api("POST", path, { id, text }).then(
      ({ status }) => status,
      () => "cut off",
    );
    // Some before the answer, some while the command starts, some while it prints, some after.
    if (round % 4 !== 0) await answered;
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
    await muster.restart({ signal: "SIGKILL" });
    const { status, text: reply } = await muster.api("POST", path, { id, text });
    assert.equal(status, 202, reply);
    expected += Array.from({ length: 400 }, (_, at) => `${round}: ${at + 1}\n`).join("");
    const idle = async () => {
      const row = await muster.ok("GET", `/api/sessions/${session.id}`);
      assert.notEqual(row.state, "error", row.error_message);
      return row.state === "idle" && row.queue_length === 0;
    };
    await poll(idle, `round ${round} to end`);
  }
  const { rev } = await muster.ok("GET", `/api/sessions/${session.id}`);
  await session.until(() => session.row.rev === rev, "the newest row");
  assert.equal(readFileSync(count, "utf8"), lines(1, 20));
  assert.ok(session.text() === expected, `the transcript has ${session.text().length} characters`);
  assert.equal(session.said.filter(([kind]) => kind === "user").length, 20);
  await verify();
});

test("failure 2: the server is killed as soon as a prompt is accepted: it reaches the agent exactly once", async (t) => {
  const { session, verify } = await room(t);
  const count = join(muster.dir, "accepted");
  for (let round = 1; round <= 5; round += 1) {
    await session.send(`echo ${round} >> ${count}; echo done ${round}`);
    await muster.kill9();
    await muster.start();
    await session.until(
      () => session.state === "idle" && session.text().endsWith(`done ${round}\n`),
      `turn ${round}`,
    );
  }
  assert.equal(readFileSync(count, "utf8"), lines(1, 5));
  await verify();
});

test("failure 2: the turn ends well while the server is down: idle at the start", async (t) => {
  const { session, projects, verify } = await room(t);
  const gate = makeGate(t, muster.dir);
  await session.send(`echo pid=$$; ${gate.wait}; echo the end`);
  await session.shows(/pid=\d+\n/);
  const pid = pidIn(session.text());
  await muster.kill9();
  gate.open();
  await groupGone(pid);
  await muster.start();
  await session.becomes("idle");
  assert.equal(session.text(), `pid=${pid}\nthe end\n`);
  assert.equal(projects.sessions.get(session.id).state, "idle");
  await verify();
});

test("failure 2: the turn fails, or the agent is killed, while the server is down: error with the reason", async (t) => {
  const { session, verify } = await room(t);
  const gate = makeGate(t, muster.dir);
  await session.send(`echo pid=$$; ${gate.wait}; echo it broke >&2; exit 9`);
  await session.shows(/pid=\d+\n$/);
  const pid = pidIn(session.text());
  await muster.kill9();
  gate.open();
  await groupGone(pid);
  await muster.start();
  await session.becomes("error");
  assert.equal(session.row.error_message, "exit 9: it broke");
  await session.send("echo second pid=$$; tail -f /dev/null");
  await session.shows(/second pid=\d+\n$/);
  const second = Number(/second pid=(\d+)/.exec(session.text())[1]);
  await muster.kill9();
  kill(second, "SIGKILL");
  await groupGone(second);
  await muster.start();
  await session.becomes("error");
  assert.match(session.row.error_message, /^killed by signal 9 \(Killed\)/);
  await verify();
});

test("the holder is killed: error with the reason, and its agent is dead", async (t) => {
  const { session, projects, verify } = await room(t);
  await session.send("echo pid=$$; tail -f /dev/null & tail -f /dev/null");
  await session.shows(/pid=\d+\n/);
  const pid = pidIn(session.text());
  const [holder] = muster.holders();
  kill(holder.pid, "SIGKILL");
  const done = await session.turnEnded();
  assert.equal(session.state, "error");
  assert.match(done.error_message, /^The agent's process was lost: /);
  assert.equal(projects.sessions.get(session.id).state, "error");
  await groupGone(pid);
  await session.turn("echo again");
  assert.equal(session.state, "idle");
  await verify();
});

test("the holder is killed while the server is down: error at the start, its agent is dead", async (t) => {
  const { session, verify } = await room(t);
  await session.send("echo pid=$$; tail -f /dev/null & tail -f /dev/null");
  await session.shows(/pid=\d+\n/);
  const pid = pidIn(session.text());
  const [holder] = muster.holders();
  await muster.kill9();
  kill(holder.pid, "SIGKILL");
  await muster.start();
  await session.becomes("error");
  assert.match(session.row.error_message, /^The agent's process was lost: /);
  await groupGone(pid);
  assert.equal(session.text(), `pid=${pid}\n`, "what it had said stays");
  await session.turn("echo again");
  assert.equal(session.state, "idle");
  await verify();
});

test("failure 12: the queue meets a restart: every prompt is sent, in order, once", async (t) => {
  const { session, verify } = await room(t);
  const gate = makeGate(t, muster.dir);
  await session.send(`${gate.wait}; echo first`);
  await session.send("echo second");
  await session.send("echo third");
  await muster.restart({ signal: "SIGKILL" });
  const reply = await session.rejoined(2);
  assert.deepEqual(
    reply.queue.map(({ text }) => text),
    ["echo second", "echo third"],
  );
  assert.equal(reply.session.queue_length, 2);
  gate.open();
  await session.until(
    () => session.state === "idle" && session.row.queue_length === 0,
    "the queue to be empty",
  );
  assert.equal(session.text(), "first\nsecond\nthird\n");
  await verify();
});

test("failure 11: a follow-up is queued, the client goes away, the turn ends: it is sent", async (t) => {
  const { session, client } = await room(t);
  const gate = makeGate(t, muster.dir);
  await session.send(`${gate.wait}; echo first`);
  assert.equal((await session.send("echo follow-up")).queued, true);
  await client.close();
  gate.open();
  const idle = async () => {
    const { state, queue_length: waiting } = await muster.ok("GET", `/api/sessions/${session.id}`);
    return state === "idle" && waiting === 0;
  };
  await poll(idle, "the queue to be empty");
  const { messages } = await muster.ok("GET", `/api/sessions/${session.id}/messages`);
  assert.deepEqual(messages.map(({ kind, text }) => [kind, text]).slice(1), [
    ["text", "first\n"],
    ["user", "echo follow-up"],
    ["text", "follow-up\n"],
  ]);
});

test("a cancel that was accepted outlives the server", async (t) => {
  const { session, verify } = await room(t);
  await session.send("echo pid=$$; tail -f /dev/null & tail -f /dev/null");
  await session.shows(/pid=\d+\n/);
  const pid = pidIn(session.text());
  await session.cancel();
  await muster.restart({ signal: "SIGKILL" });
  await session.becomes("idle");
  assert.deepEqual(session.said.at(-1), ["notice", "Cancelled."]);
  await groupGone(pid);
  await verify();
});

test("failure 2: the files of a run are deleted while the server is down: error, and the prompt is not run again", async (t) => {
  const { session, verify } = await room(t);
  await session.send("echo pid=$$; tail -f /dev/null");
  await session.shows(/pid=\d+\n/);
  const pid = pidIn(session.text());
  const [holder] = muster.holders();
  await muster.kill9();
  kill(holder.pid, "SIGKILL");
  kill(pid, "SIGKILL");
  await groupGone(pid);
  rmSync(join(muster.dataDir, "runs"), { recursive: true });
  await muster.start();
  await session.becomes("error");
  assert.match(session.row.error_message, /^The agent's process was lost: /);
  assert.equal(session.text(), `pid=${pid}\n`);
  await verify();
});

test("failure 1: the socket dies without a FIN in mid-turn, the turn ends meanwhile: right after one heartbeat, no REST call", async (t) => {
  const proxy = await startProxy(t, muster.port);
  const client = connect(t, muster, { url: proxy.url, socket: { heartbeatIntervalMs: 300 } });
  const { session, projects, verify } = await room(t, { client });
  const gate = makeGate(t, muster.dir);
  await session.send(`echo begin; ${gate.wait}; echo the end`);
  await session.shows("begin\n");
  proxy.freeze();
  gate.open();
  await poll(
    async () => (await muster.ok("GET", `/api/sessions/${session.id}`)).state === "idle",
    "the turn to end",
  );
  assert.equal(session.state, "working", "nobody told the client");
  const [again, rows] = await Promise.all([session.rejoined(2), projects.rejoined(2)]);
  assert.equal(again.mode, "delta");
  assert.equal(again.session.state, "idle");
  assert.equal(rows.mode, "delta");
  assert.deepEqual(
    rows.sessions.map(({ id, state }) => [id, state]),
    [[session.id, "idle"]],
  );
  assert.equal(session.text(), "begin\nthe end\n");
  assert.deepEqual(
    proxy.requests().filter(({ path }) => path.startsWith("/api")),
    [],
  );
  assert.equal(session.gaps + projects.gaps, 0);
  await verify();
});

test("failure 13: a client sleeps while much happens: the state is right on waking, without a request", async (t) => {
  const proxy = await startProxy(t, muster.port);
  const client = connect(t, muster, { url: proxy.url, socket: { heartbeatIntervalMs: 60_000 } });
  const { session, projects, verify } = await room(t, { client });
  await session.turn("echo before");
  const before = proxy.requests().length;
  proxy.freeze({ newToo: true });
  const path = `/api/sessions/${session.id}/messages`;
  for (const text of ["echo asleep 1", "exit 4", "echo asleep 2"]) {
    await muster.ok("POST", path, { id: randomUUID(), text });
    await poll(
      async () => (await muster.ok("GET", `/api/sessions/${session.id}`)).state !== "working",
      "a turn to end",
    );
  }
  const { rev } = await muster.ok("GET", `/api/sessions/${session.id}`);
  proxy.thaw();
  await session.until(() => session.row.rev === rev, "the newest row");
  await projects.until(() => projects.sessions.get(session.id).rev === rev, "the newest row");
  assert.equal(session.text(), "before\nasleep 1\nasleep 2\n");
  assert.equal(proxy.requests().length, before, "no request was made");
  await verify();
});

test("failure 13: a client sleeps so long that its connection is gone: a delta on waking, one request in all", async (t) => {
  const proxy = await startProxy(t, muster.port);
  const client = connect(t, muster, { url: proxy.url });
  const { session, projects, verify } = await room(t, { client });
  await session.turn("echo before");
  const before = proxy.requests().length;
  proxy.refuse();
  proxy.cut();
  await client.closed();
  await muster.ok("POST", `/api/sessions/${session.id}/messages`, { id: randomUUID(), text: "echo asleep" });
  await poll(
    async () => (await muster.ok("GET", `/api/sessions/${session.id}`)).state === "idle",
    "the turn to end",
  );
  proxy.accept();
  const [again, rows] = await Promise.all([session.rejoined(2), projects.rejoined(2)]);
  assert.equal(again.mode, "delta");
  assert.equal(rows.mode, "delta");
  assert.equal(session.text(), "before\nasleep\n");
  const made = proxy.requests().slice(before);
  assert.deepEqual(
    made.map(({ upgrade }) => upgrade),
    [true],
  );
  await verify();
});

/** Numbers from 0 to 1, the same in every run. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

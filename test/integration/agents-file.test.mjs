/** agents.json: agents of one's own, what is said where the file is wrong, and the dialect `text`. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeGate } from "../lib/gate.mjs";
import { Muster, runMuster } from "../lib/muster.mjs";
import { test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

const fileOf = (muster) => join(muster.dataDir, "agents.json");
const write = (muster, value) =>
  writeFileSync(fileOf(muster), typeof value === "string" ? value : JSON.stringify(value, null, 1));

/** A server that has the file from before its first start. */
async function startWith(t, agents) {
  const muster = new Muster({});
  t.after(() => muster.dispose());
  mkdirSync(muster.dataDir, { recursive: true });
  write(muster, { agents });
  await muster.start();
  return muster;
}

const script = (muster, name, text) => {
  const path = join(muster.dir, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
};

test("agents of the file are offered and run, each in its dialect, with arguments and environment", async (t) => {
  const muster = await startWith(t, [
    { id: "upper", name: "Upper", command: "tr", args: ["a-z", "A-Z"], dialect: "text", icon: "robot" },
    { id: "bash", command: "bash", args: ["-e"], dialect: "shell", env: { COLOUR: "blue", HOME: null } },
    { id: "gone", command: "/nowhere/agent", dialect: "text", how_to_get: "Ask for it." },
    { id: "shell", name: "My shell", env: { COLOUR: "red" } },
  ]);
  const { agents } = await muster.ok("GET", "/api/agents");
  const of = (id) => agents.find((agent) => agent.id === id);
  assert.deepEqual([of("upper").name, of("upper").dialect, of("upper").icon, of("upper").available], ["Upper", "text", "robot", true]);
  assert.equal(of("bash").available, true);
  assert.deepEqual([of("gone").available, of("gone").missing], [false, "/nowhere/agent was not found. Ask for it."]);
  assert.equal(of("shell").name, "My shell");

  const upper = await openRoom(t, muster, { agent: "upper" });
  assert.equal((await upper.session.turn("hello *you*")).error_message, null);
  assert.deepEqual(upper.session.said, [["user", "hello *you*"], ["text", "HELLO *YOU*"]]);
  await upper.session.turn("again");
  assert.equal(upper.session.text(), "HELLO *YOU*AGAIN");
  const bash = await openRoom(t, muster, { agent: "bash" });
  await bash.session.turn('echo "$COLOUR ${HOME-none} $MUSTER_AGENT $MUSTER_SESSION"; [[ a == a ]]; false; echo not here');
  assert.equal(bash.session.text(), `blue none bash ${bash.session.id}\n`);
  assert.equal(bash.session.row.error_message, "exit 1");
  const shell = await openRoom(t, muster, { agent: "shell" });
  await shell.session.turn("echo $COLOUR");
  assert.equal(shell.session.text(), "red\n");
  for (const each of [upper, bash, shell]) await each.verify();
});

test("text: the prompt is on stdin alone, a megabyte of it, and stderr is the reason of a failure", async (t) => {
  const muster = await startWith(t, []);
  const words = join(muster.dir, "words");
  const path = script(muster, "agent", `echo "$*" > ${words}; echo loud >&2; wc -c; echo "no key for it" >&2; exit 3`);
  write(muster, { agents: [{ id: "a", command: path, dialect: "text" }] });
  await muster.restart();
  const { session, verify } = await openRoom(t, muster, { agent: "a" });
  const done = await session.turn("x".repeat(1_000_000));
  assert.equal(done.error_message, "exit 3: no key for it");
  assert.equal(session.text(), "1000000\n");
  await verify();
});

test("text: the end of stdin reaches the agent although the server is killed at any point", async (t) => {
  const muster = await startWith(t, [{ id: "cat", command: "cat", dialect: "text" }]);
  const { session, verify } = await openRoom(t, muster, { agent: "cat" });
  for (let round = 1; round <= 8; round += 1) {
    const sent = muster.api("POST", `/api/sessions/${session.id}/messages`, { id: randomUUID(), text: `<${round}>` });
    if (round % 2 === 0) await sent;
    else await sent.catch(() => {});
    await muster.restart({ signal: "SIGKILL" });
    await session.until(() => session.joins.length > round && session.state !== "working", "the turn to end");
    assert.equal(session.row.error_message, null);
  }
  assert.equal(session.text(), "<1><2><3><4><5><6><7><8>");
  await verify();
});

test("text: a cancel ends the process", async (t) => {
  const muster = await startWith(t, [{ id: "slow", command: "sh", dialect: "text" }]);
  const { session, verify } = await openRoom(t, muster, { agent: "slow" });
  await session.send("echo begun; sleep 1000");
  await session.shows("begun\n");
  await session.cancel();
  assert.equal((await session.turnEnded()).cancelled, true);
  assert.equal(session.state, "idle");
  await poll(() => muster.holders().length === 0, "the holder to end");
  await verify();
});

test("a mistake in the file: serve and agents say line and reason, exit with 2, and touch nothing", async (t) => {
  const muster = await startWith(t, []);
  const { sessionId } = await muster.newSession("shell");
  await muster.stop();
  write(muster, '{"agents": [\n  {"id": "a", "command": "a", "dialect": "text"},\n  {"id": "b", "command": "b",\n   "dialect": "nope"}\n]}');
  for (const command of ["serve", "agents"]) {
    const { status, stdout, stderr } = runMuster([command, "--data", muster.dataDir]);
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^muster: \S+agents\.json:4: "dialect" must be one of shell, text, claude.*\.\n$/);
  }
  writeFileSync(fileOf(muster), " ".repeat(256 * 1024 + 1));
  assert.match(runMuster(["agents", "--data", muster.dataDir]).stderr, /agents\.json: the file is larger than 262144 bytes\.$/m);
  write(muster, { agents: [] });
  await muster.start();
  assert.equal((await muster.ok("GET", `/api/sessions/${sessionId}`)).state, "idle");
});

test("muster agents lists id, dialect and program, or what is missing", async (t) => {
  const muster = await startWith(t, [
    { id: "here", command: "/bin/cat", dialect: "text" },
    { id: "gone", command: "no-such-agent", dialect: "text", how_to_get: "Build it." },
  ]);
  const { status, stdout } = runMuster(["agents", "--data", muster.dataDir]);
  assert.equal(status, 0);
  assert.match(stdout, /^ID +DIALECT +PROGRAM$/m);
  assert.match(stdout, /^here +text +\/bin\/cat$/m);
  assert.match(stdout, /^shell +shell +\/bin\/sh$/m);
  assert.match(stdout, /^gone +text +no-such-agent was not found\. Build it\.$/m);
  assert.equal(runMuster(["agents", "--data", join(muster.dir, "nowhere")]).status, 0);
  assert.match(runMuster(["--help"]).stdout, /agents\.json/);
});

for (const [name, next] of [
  ["is not in the file any more", []],
  ["has another dialect", [{ id: "mine", command: "sh", dialect: "shell" }]],
]) {
  test(`an agent that ${name} while its process ran: the process is ended, and the session says so`, async (t) => {
    const muster = await startWith(t, [{ id: "mine", command: "sh", dialect: "text" }]);
    const gate = makeGate(t, muster.dir);
    const { session } = await openRoom(t, muster, { agent: "mine" });
    await session.send(`echo begun; ${gate.wait}`);
    await session.shows("begun\n");
    await muster.stop();
    write(muster, { agents: next });
    await muster.start();
    await session.becomes("error");
    const gone = 'The agent "mine" is not in the agents file any more: its process was ended.';
    const other = 'The agent "mine" has another dialect in the agents file than its process, which was ended.';
    assert.equal(session.row.error_message, next.length ? other : gone);
    await poll(() => muster.holders().length === 0, "its process to end");
    const again = await muster.api("POST", `/api/sessions/${session.id}/messages`, { id: randomUUID(), text: "echo hi" });
    assert.equal(again.status, next.length ? 202 : 422, again.text);
  });
}

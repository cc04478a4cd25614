/** `muster ps`: what it lists, with and without a server, for a person and for a program. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { runMuster, startMuster } from "../lib/muster.mjs";
import { kill } from "../lib/processes.mjs";
import { after, before, test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
let projectId;
before(async () => {
  muster = await startMuster(null);
  ({ id: projectId } = await muster.ok("POST", "/api/projects", { path: muster.project }));
});
after(() => muster.dispose());

const ps = (...args) => runMuster(["ps", "--data", muster.dataDir, ...args]);
const json = (...args) => JSON.parse(ps("--json", ...args).stdout);

/**
 * A session whose command runs, with a tool beside it; resolves when ps lists these three, each as the
 * program that it is to become: between fork and exec there are more, and with other names.
 */
async function busySession(text, command = "sleep 1000") {
  const { sessionId } = await muster.newSession("shell", { projectId });
  await muster.ok("POST", `/api/sessions/${sessionId}/messages`, { id: randomUUID(), text });
  const processes = await poll(() => {
    const mine = json().processes.filter(({ session }) => session === sessionId);
    const kinds = mine.map(({ kind }) => kind).join();
    return kinds === "holder,agent,tool" && mine[2].command === command && mine;
  }, "holder, agent and tool to be listed");
  return { sessionId, processes };
}

async function end(sessionId) {
  await muster.ok("DELETE", `/api/sessions/${sessionId}`);
  await poll(() => json().processes.every(({ session }) => session !== sessionId), "its processes to end");
}

test("nothing runs: it says so, and exits with 0", () => {
  const { status, stdout, stderr } = ps();
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "Nothing runs.\n", stderr: "" });
  assert.deepEqual(json(), {
    processes: [],
    totals: { sessions: 0, processes: 0, holders: 0, agents: 0, tools: 0, cpu_ms: 0, rss_bytes: 0 },
  });
});

test("holder, agent and tool of a session, as a table and as JSON, also when no server runs", async () => {
  const { sessionId, processes } = await busySession("setsid sleep 1000 & wait");
  const kinds = processes.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["holder", "agent", "tool"]);
  const [holder, agent, tool] = processes;
  assert.equal(agent.parent, holder.pid);
  assert.equal(agent.command, "/bin/sh -c -- setsid sleep 1000 & wait");
  assert.equal(tool.command, "sleep 1000");
  assert.equal(holder.command.split(" ").at(-1), join(muster.dataDir, "runs", holder.run));
  for (const each of processes) {
    assert.equal(each.agent, "shell");
    assert.equal(each.run, holder.run);
    assert.equal(each.data, muster.dataDir);
    assert.ok(each.rss_bytes > 100_000 && each.age_ms >= 0 && each.cpu_ms >= 0, JSON.stringify(each));
  }
  await muster.stop();
  const { stdout } = ps();
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0], /^SESSION +AGENT +KIND +PID +AGE +CPU +%CPU +RSS +COMMAND$/);
  const row = lines.find((line) => line.includes(` ${tool.pid} `));
  assert.match(row, new RegExp(`^${sessionId} +shell +tool +${tool.pid} +\\d+s +[\\d.]+s +[\\d.]+ +[\\d.]+ MiB +sleep 1000$`));
  assert.match(lines.at(-1), /^1 sessions, 3 processes: 1 holders, 1 agents, 1 tools; [\d.]+ s CPU, [\d.]+ MiB\.$/);
  await muster.start();
  await end(sessionId);
});

test("CPU is what a busy process has used", async () => {
  const { sessionId, processes } = await busySession("sh -c 'while :; do :; done' & wait", "sh -c while :; do :; done");
  const { pid } = processes.find(({ kind }) => kind === "tool");
  const busy = () => json().processes.find((each) => each.pid === pid);
  const { cpu_ms: used, cpu_percent: share, age_ms: age } = await poll(
    () => busy().cpu_ms > 300 && busy(),
    "the loop to use its processor",
  );
  assert.ok(used <= age + 100, `${used} ms of ${age} ms`);
  assert.ok(share > 1 && share <= 110, `${share} %`);
  await end(sessionId);
});

test("a command cannot draw on the terminal, and a long one is cut", async () => {
  const { sessionId } = await busySession(`: '\u001b[31mred\nline ${"é".repeat(400)}'; sleep 1000 & wait`);
  const { stdout } = ps();
  assert.doesNotMatch(stdout, /\u001b/);
  assert.doesNotMatch(stdout, /\uFFFD/);
  assert.ok(stdout.split("\n").every((line) => Buffer.byteLength(line) <= 200), stdout);
  await end(sessionId);
});

test("what a killed holder left is listed by its mark, until the server has ended it", async () => {
  const { sessionId, processes } = await busySession("setsid sleep 1000 & wait");
  const [holder, , tool] = processes;
  await muster.kill9();
  kill(holder.pid, "SIGKILL");
  const left = await poll(() => {
    const mine = json().processes.filter(({ session }) => session === sessionId);
    return mine.length === 1 && mine;
  }, "the tool alone to be left");
  assert.equal(left[0].pid, tool.pid);
  assert.equal(left[0].kind, "tool");
  assert.equal(left[0].data, null);
  await muster.start();
  await poll(() => json().processes.length === 0, "the tool to be ended");
  await end(sessionId);
});

test("another data directory has none of them; one that is not there is an error", async (t) => {
  const { sessionId } = await busySession("sleep 1000 & wait");
  const other = await startMuster(t);
  assert.equal(runMuster(["ps", "--data", other.dataDir]).stdout, "Nothing runs.\n");
  const { status, stderr } = runMuster(["ps", "--data", "/nowhere"]);
  assert.equal(status, 1);
  assert.equal(stderr, "muster ps: the data directory /nowhere: No such file or directory.\n");
  await end(sessionId);
});

test("called wrongly it exits with 2, and its help names its options", () => {
  const wrong = runMuster(["ps", "--all"]);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /unknown option: --all/);
  const help = runMuster(["ps", "--help"]);
  assert.equal(help.status, 0);
  for (const option of ["--json", "--data", "Exit status"]) assert.ok(help.stdout.includes(option));
  assert.match(runMuster(["--help"]).stdout, /^ {2}ps +list the processes/m);
});

/**
 * No orphans: 200 sessions through start, cancel, delete and kill -9 of agent, holder and server. Each
 * has tools that left: one in a session and group of its own, one whose environment is cleared and
 * whose parents are gone. At the end nothing of them is left: no process, no folder, no cgroup, and
 * the server has the descriptors that it had.
 */
import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Muster, runMuster } from "../lib/muster.mjs";
import { allProcesses, kill } from "../lib/processes.mjs";
import { test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

const WAVE = 67;
const AT_ONCE = 8;
const LADDER_MS = 40_000;
const TURN_ENDS = '{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s"}';
const FATES = [
  "cancel",
  "delete",
  "kill agent",
  "kill holder",
  "end",
  "kill agent while the server is away",
  "kill holder while the server is away",
];

/** Starts two tools that only "sleep NUMBER" tells: one set apart, one that nothing marks. */
const tools = (number) =>
  `setsid sleep ${number} & env -i /bin/sh -c '(setsid sleep ${number} &)'; `;

/** An agent whose turns end by an interrupt, or at once when told so; it ends when its stdin does. */
const longLived = (number) => `#!/bin/sh
[ "$1" != --version ] || { echo '9.9.9 (Claude Code)'; exit; }
while read -r line; do
  case $line in
  *'"control_request"'*)
    id=\${line#*'"request_id":"'}
    printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\\n' "\${id%%'"'*}"
    case $line in *interrupt*) echo '${TURN_ENDS}' ;; esac ;;
  *'"type":"user"'*)
    ${tools(number)}
    case $line in *'say end'*) echo '${TURN_ENDS}' ;; esac ;;
  esac
done
`;

/** The same without ears: neither the end of its stdin nor TERM ends it. */
const stubborn = (number) => `#!/bin/sh
trap '' TERM INT HUP
${tools(number)}
while :; do sleep ${number}; done
`;

/** A server whose agents file has those agents, and what counts their processes. */
async function startHere(t, env) {
  const muster = new Muster({ env });
  t.after(() => muster.dispose());
  const number = randomInt(10_000_000, 99_999_999);
  const program = (name, text) => {
    const path = join(muster.dir, name);
    writeFileSync(path, text, { mode: 0o755 });
    return path;
  };
  const agents = [
    { id: "long-lived", command: program("long-lived", longLived(number)), dialect: "claude" },
    { id: "stubborn", command: program("stubborn", stubborn(number)), dialect: "text" },
    { id: "reader", command: "sh", args: ["-s"], dialect: "text" },
  ];
  mkdirSync(muster.dataDir, { recursive: true });
  writeFileSync(join(muster.dataDir, "agents.json"), JSON.stringify({ agents }));
  await muster.start();
  return { muster, number, cgroups: new Set() };
}

const sleepers = (number) =>
  allProcesses().filter(({ pid, state, command }) => state !== "Z" && command === "sleep" && sleeps(pid, number));

function sleeps(pid, number) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[1] === String(number);
  } catch {
    return false;
  }
}

function census(muster, args = ["--data", muster.dataDir]) {
  const { status, stdout, stderr } = runMuster(["ps", "--json", ...args]);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout).processes;
}

/** Runs the function for each, a few at a time. */
async function forAll(items, act) {
  const rest = [...items];
  const lane = async () => {
    for (let item; (item = rest.shift()); ) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** Not the store's own files: SQLite keeps the one of a checkpoint that is over for the next. */
function openFiles(pid) {
  const names = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkOf(`/proc/${pid}/fd/${fd}`));
  return names.filter((name) => name && !name.includes("/muster.db")).length;
}

function readlinkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return null; // closed meanwhile
  }
}

/** The cgroups that the holders have noted. */
function noteCgroups(here) {
  const runs = join(here.muster.dataDir, "runs");
  for (const run of readdirSync(runs)) {
    const file = join(runs, run, "cgroup");
    if (existsSync(file)) here.cgroups.add(readFileSync(file, "utf8"));
  }
}

const prompt = (agent, fate, number) => {
  const last = fate === "end" ? "echo end" : `sleep ${number}`;
  if (agent === "long-lived") return fate === "end" ? "say end" : "work";
  return `${tools(number)}${last}`;
};

/** Starts the sessions and waits until the tools of all run. */
async function startWave(here, projectId, fates) {
  const { muster, number } = here;
  const agents = ["shell", "long-lived", "reader"];
  const sessions = fates.map((fate, at) => ({ fate, number, agent: agents[at % agents.length] }));
  await forAll(sessions, async (each) => {
    each.id = (await muster.newSession(each.agent, { projectId })).sessionId;
    const text = prompt(each.agent, each.fate, number);
    await muster.ok("POST", `/api/sessions/${each.id}/messages`, { id: randomUUID(), text });
  });
  const missing = () => withoutTools(muster, sessions);
  await poll(() => missing().length === 0, "the tools of all to run").catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(missing())}`);
  });
  noteCgroups(here);
  return sessions;
}

/** The sessions of which muster ps does not name holder, agent and both tools; notes them of the rest. */
function withoutTools(muster, sessions) {
  const all = census(muster);
  return sessions.filter((each) => {
    // A process that ends takes its tools along at once.
    if (each.fate === "end" && each.agent !== "long-lived") return false;
    each.seen = all.filter(({ session }) => session === each.id);
    const of = (kind) => each.seen.filter((row) => row.kind === kind);
    const found = of("tool").filter(({ command }) => command === `sleep ${each.number}`);
    [each.holderPid, each.agentPid] = [of("holder")[0]?.pid, of("agent")[0]?.pid];
    return !(each.holderPid && each.agentPid && found.length >= 2);
  });
}

async function meetFate(muster, each) {
  const path = `/api/sessions/${each.id}`;
  if (each.fate === "cancel") await muster.ok("POST", `${path}/cancel`, {});
  if (each.fate === "delete") await muster.ok("DELETE", path);
  if (each.fate === "kill agent") kill(each.agentPid, "SIGKILL");
  if (each.fate === "kill holder") kill(each.holderPid, "SIGKILL");
}

async function states(muster) {
  const { projects } = await muster.ok("GET", "/api/projects");
  return new Map(projects.flatMap(({ sessions }) => sessions).map((row) => [row.id, row]));
}

async function runWave(here, projectId, fates) {
  const { muster } = here;
  const sessions = await startWave(here, projectId, fates);
  await muster.kill9();
  for (const each of sessions) {
    if (each.fate === "kill agent while the server is away") kill(each.agentPid, "SIGKILL");
    if (each.fate === "kill holder while the server is away") kill(each.holderPid, "SIGKILL");
  }
  await muster.start();
  await forAll(sessions, (each) => meetFate(muster, each));
  const rows = await poll(async () => {
    const all = await states(muster);
    return ![...all.values()].some(({ state }) => state === "working") && all;
  }, "every session to rest", LADDER_MS);
  for (const { id, fate } of sessions) {
    const row = rows.get(id);
    if (fate === "delete") assert.equal(row, undefined);
    else assert.equal(row.state, /kill/.test(fate) ? "error" : "idle", `${fate}: ${row.error_message}`);
  }
  await forAll([...rows.keys()].filter((id) => id !== here.kept), (id) => muster.ok("DELETE", `/api/sessions/${id}`));
}

/** Nothing of the server's runs is left, whoever counts. */
async function assertNothingLeft(here, filesBefore) {
  const { muster, number, cgroups } = here;
  const left = () => ({
    tools: sleepers(number).map(({ pid }) => pid),
    counted: census(muster).map(({ pid, command }) => `${pid} ${command}`),
    marked: muster.processes().filter(({ pid }) => pid !== muster.pid),
    runs: readdirSync(join(muster.dataDir, "runs")),
    cgroups: [...cgroups].filter((path) => existsSync(path)),
  });
  const isEmpty = (all) => Object.values(all).every((list) => list.length === 0);
  await poll(() => isEmpty(left()), "nothing to be left", LADDER_MS).catch(() => {});
  assert.deepEqual(left(), { tools: [], counted: [], marked: [], runs: [], cgroups: [] });
  await poll(() => openFiles(muster.pid) <= filesBefore, `the descriptors to be ${filesBefore} again`);
  assert.match(runMuster(["ps", "--data", muster.dataDir]).stdout, /^Nothing runs\.$/m);
}

async function hundreds(t, { sessions, env = {}, fates = FATES, tough = false }) {
  const here = await startHere(t, env);
  const { muster, number } = here;
  const { projectId, sessionId } = await muster.newSession("shell");
  await muster.ok("DELETE", `/api/sessions/${sessionId}`);
  const filesBefore = openFiles(muster.pid);
  if (tough) {
    here.kept = (await muster.newSession("stubborn", { projectId })).sessionId;
    await muster.ok("POST", `/api/sessions/${here.kept}/messages`, { id: randomUUID(), text: "work" });
    await poll(() => sleepers(number).length >= 3, "the stubborn agent to work");
    await muster.ok("POST", `/api/sessions/${here.kept}/cancel`, {});
  }
  for (let done = 0; done < sessions; done += WAVE) {
    const here40 = Array.from({ length: Math.min(WAVE, sessions - done) }, (_, at) => fates[(done + at) % fates.length]);
    await runWave(here, projectId, here40);
  }
  if (tough) await muster.ok("DELETE", `/api/sessions/${here.kept}`);
  await assertNothingLeft(here, filesBefore);
  return here;
}

test("200 sessions, started, cancelled, deleted, killed, and the server killed: nothing is left", { timeout: 180_000 }, async (t) => {
  const probe = await cgroupsWork(t);
  // Without a cgroup nothing leads from a killed holder to a tool that cleared its environment.
  const fates = probe ? FATES : FATES.filter((fate) => !fate.includes("holder"));
  t.diagnostic(probe ? "with a cgroup for each run" : "this machine gives no cgroup to write");
  const { cgroups } = await hundreds(t, { sessions: 200, fates, tough: true });
  if (probe) assert.ok(cgroups.size >= 100, `${cgroups.size} runs had a cgroup`);
});

test("the same without cgroups: descent and the mark find what is left", { timeout: 120_000 }, async (t) => {
  const fates = FATES.filter((fate) => !fate.includes("holder"));
  const { cgroups } = await hundreds(t, { sessions: 20, env: { MUSTER_CGROUP: "off" }, fates });
  assert.equal(cgroups.size, 0);
});

test("a holder that is killed without cgroups: what bears the mark is ended", async (t) => {
  const { muster, number } = await startHere(t, { MUSTER_CGROUP: "off" });
  const { sessionId } = await muster.newSession("shell");
  const text = `setsid sleep ${number} & sleep ${number}`;
  await muster.ok("POST", `/api/sessions/${sessionId}/messages`, { id: randomUUID(), text });
  await poll(() => sleepers(number).length === 2, "the tool to run");
  const [holder] = census(muster).filter(({ kind }) => kind === "holder");
  kill(holder.pid, "SIGKILL");
  await poll(() => sleepers(number).length === 0, "the tools to be gone");
  const row = () => muster.ok("GET", `/api/sessions/${sessionId}`);
  await poll(async () => (await row()).state === "error", "the session to say so");
});

test("a holder that is killed behind its agent's end while no server runs: the tools are ended all the same", async (t) => {
  const { muster, number } = await startHere(t, { MUSTER_CGROUP: "off" });
  const { sessionId } = await muster.newSession("shell");
  const text = `setsid sh -c "trap '' TERM; while :; do sleep ${number}; done" & exec sleep ${number}`;
  await muster.ok("POST", `/api/sessions/${sessionId}/messages`, { id: randomUUID(), text });
  const processes = await poll(() => sleepers(number).length === 2 && census(muster), "the tool to run");
  const pidOf = (wanted) => processes.find(({ kind }) => kind === wanted).pid;
  await muster.kill9();
  process.kill(pidOf("agent"), "SIGKILL");
  const spool = join(muster.dataDir, "runs", processes[0].run, "spool");
  await poll(() => readFileSync(spool, "latin1").includes('"signal":9'), "the end of the agent to be written");
  kill(pidOf("holder"), "SIGKILL");
  assert.ok(census(muster).length > 0, "the tool lives");
  await muster.start();
  await poll(() => census(muster).length === 0 && sleepers(number).length === 0, "the tool to be ended");
  const { error_message: reason } = await muster.ok("GET", `/api/sessions/${sessionId}`);
  assert.match(reason, /killed by signal 9/);
});

/** Whether a run gets a cgroup on this machine. */
async function cgroupsWork(t) {
  const here = await startHere(t, {});
  const { sessionId } = await here.muster.newSession("shell");
  const text = `sleep ${here.number}`;
  await here.muster.ok("POST", `/api/sessions/${sessionId}/messages`, { id: randomUUID(), text });
  await poll(() => sleepers(here.number).length === 1, "the command to run");
  noteCgroups(here);
  await here.muster.ok("DELETE", `/api/sessions/${sessionId}`);
  await poll(() => sleepers(here.number).length === 0, "the command to end");
  await here.muster.dispose();
  return here.cgroups.size > 0;
}

/** What the contract suite does not ask of Codex: its own kinds of approval, options, and ends. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireAgent } from "../lib/agent-setup.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { isAlive, kill } from "../lib/processes.mjs";
import { after, before, describe, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

const ASKS = { approval: "untrusted", sandbox: "danger-full-access" };
const DOES_ALL = { approval: "never", sandbox: "danger-full-access" };

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
/** @type {import("../lib/model-server.mjs").ModelServer} */
let model;
before(async () => {
  requireAgent("codex");
  model = await startModelServer();
  muster = await startMuster(null, { model, agents: ["codex"] });
});
after(async () => {
  await muster.dispose();
  await model.close();
});

const room = (t, options) => openRoom(t, muster, { agent: "codex", options });
const tools = (session) => session.transcript.filter(({ kind }) => kind === "tool");
const notices = (session) => session.transcript.filter(({ kind }) => kind === "notice").map(({ text }) => text);
const setOptions = ({ sessionId }, options) => muster.ok("PATCH", `/api/sessions/${sessionId}`, { options });
/** What runs in a room's folder: the programs of codex, and its tools' commands. */
const runs = ({ folder }) =>
  muster.processes().filter(({ pid }) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  });
const runOf = (it, command) => poll(() => runs(it).find((each) => each.command === command), `${command} to run`);

describe("codex asks", { concurrency: 2 }, () => {
  test("allow always: the same command is not asked about again while codex runs", async (t) => {
    const { session, folder, verify } = await room(t, ASKS);
    await session.send("[[tool:touch made]][[say:one]]");
    const [asked] = await session.asked();
    assert.equal(asked.title, "shell: touch made");
    assert.deepEqual(asked.input, { command: "touch made", cwd: folder });
    assert.match(asked.suggestions[0].name, /as long as codex runs/);
    assert.equal((await session.answer(asked.id, "allow_always")).status, "ok");
    await session.turnEnded();
    assert.ok(existsSync(join(folder, "made")));
    rmSync(join(folder, "made"));
    await session.turn("[[tool:touch made]][[say:two]]");
    assert.ok(existsSync(join(folder, "made")), "the command ran, and nobody was asked");
    assert.equal(session.text(), "onetwo");
    await verify();
  });

  test("a change of files shows what it changes, and declined it changes nothing", async (t) => {
    const { session, folder, verify } = await room(t, { approval: "untrusted", sandbox: "read-only" });
    await session.send("[[write:new.txt|first]][[say:went on]]");
    const [asked] = await session.asked();
    assert.equal(asked.tool, "apply_patch");
    const [diff] = asked.input.diffs;
    assert.equal(diff.path, join(folder, "new.txt"));
    assert.match(diff.new ?? diff.patch, /first/);
    await session.answer(asked.id, "deny");
    await session.turnEnded();
    const [tool] = tools(session);
    assert.equal(tool.metadata.status, "failed");
    assert.equal(tool.metadata.decision, "deny");
    assert.deepEqual(tool.metadata.diffs, [{ path: join(folder, "new.txt"), old: null, new: "first\n" }]);
    assert.ok(!existsSync(join(folder, "new.txt")));
    assert.equal(session.text(), "went on");
    await verify();
  });

  test("deny and interrupt: the turn is over, its process ends, the next prompt goes on with the conversation", async (t) => {
    const it = await room(t, ASKS);
    const { session } = it;
    await session.send("[[tool:touch never]][[say:never]] interrupted here");
    const [asked] = await session.asked();
    const { cli_session_id: thread } = session.row;
    const first = await runOf(it, "codex");
    await session.answer(asked.id, "deny_interrupt");
    assert.equal((await session.turnEnded()).cancelled, true);
    assert.equal(session.state, "idle");
    await poll(() => !isAlive(first.pid) && runs(it).length === 0, "the interrupted codex to end");
    await session.turn("[[say:there]] after it");
    assert.equal(session.text(), "there");
    assert.equal(session.row.cli_session_id, thread);
    const asks = model.turnRequests().filter(({ prompt }) => prompt.includes("after it"));
    assert.ok(JSON.stringify(asks.at(-1).body).includes("interrupted here"), "the model is told what was said");
    await it.verify();
  });
});

describe("codex's options", { concurrency: 2 }, () => {
  test("they count from the next turn, and taken away codex has its own again", async (t) => {
    const it = await room(t, DOES_ALL);
    const { session } = it;
    await session.turn("[[tool:touch one]][[say:1]]");
    assert.ok(existsSync(join(it.folder, "one")));
    await setOptions(it, ASKS);
    await session.send("[[tool:touch two]][[say:2]]");
    const [asked] = await session.asked();
    await session.answer(asked.id, "allow");
    await session.turnEnded();
    await setOptions(it, { ...DOES_ALL, model: "no-such-model" });
    const bad = await session.turn("[[say:never]]");
    assert.equal(bad.row.state, "error");
    assert.match(bad.row.error_message, /no-such-model.*Choose another model/);
    assert.equal(session.row.metadata.model, "no-such-model");
    await setOptions(it, {});
    const good = await session.turn("[[say:3]]");
    assert.equal(good.row.state, "idle");
    assert.equal(session.row.metadata.model, "gpt-5.5");
    assert.equal(session.text(), "123");
    await it.verify();
  });

  test("what is no option is refused with the names of those there are", async (t) => {
    const it = await room(t);
    const answer = await muster.api("PATCH", `/api/sessions/${it.sessionId}`, { options: { sandbox: "none" } });
    assert.equal(answer.status, 422, answer.text);
    assert.match(answer.text, /read-only, workspace-write, danger-full-access/);
  });
});

describe("codex ends", { concurrency: 2 }, () => {
  test("an interrupt in a tool leaves nothing of it", async (t) => {
    const it = await room(t, DOES_ALL);
    const { session } = it;
    await session.send("[[tool:tail -f /dev/null]][[say:never]]");
    const tail = await runOf(it, "tail");
    await session.cancel();
    assert.equal((await session.turnEnded()).cancelled, true);
    await poll(() => !isAlive(tail.pid) && runs(it).length === 0, "nothing of codex to be left");
    assert.equal((await session.turn("[[say:fine]]")).row.state, "idle");
    assert.equal(session.text(), "fine");
  });

  test("kill -9 of the native program in a tool: the turn says so, and nothing is left", async (t) => {
    const it = await room(t, DOES_ALL);
    const { session } = it;
    await session.send("[[tool:tail -f /dev/null]][[say:never]]");
    const tail = await runOf(it, "tail");
    kill((await runOf(it, "codex")).pid, "SIGKILL");
    const { row } = await session.turnEnded();
    assert.equal(row.state, "error");
    assert.match(row.error_message, /codex (was killed by signal 9|ended in the middle of the turn)/);
    await poll(() => !isAlive(tail.pid) && runs(it).length === 0, "nothing of codex to be left");
    assert.equal((await session.turn("[[say:fine]]")).row.state, "idle");
  });
});

describe("codex's home", () => {
  test("a conversation that is gone: a new one is begun, and both are told", async (t) => {
    const it = await room(t);
    const { session } = it;
    await session.turn("[[say:one]]");
    const { cli_session_id: old } = session.row;
    const codex = await runOf(it, "codex");
    kill(codex.pid, "SIGKILL");
    await poll(() => runs(it).length === 0, "codex to end");
    const home = join(muster.home, ".codex");
    rmSync(join(home, "sessions"), { recursive: true });
    for (const name of readdirSync(home)) if (name.includes(".sqlite")) rmSync(join(home, name));
    const { row } = await session.turn("[[say:two]]");
    assert.equal(row.state, "idle", row.error_message);
    assert.notEqual(session.row.cli_session_id, old);
    assert.ok(notices(session).some((text) => text.includes("does not know the former conversation")));
    assert.equal(session.text(), "onetwo");
    await it.verify();
  });

  test("settings that codex cannot read are named, and the session goes on when they are mended", async (t) => {
    const { session } = await room(t);
    const file = join(muster.home, ".codex", "config.toml");
    const good = readFileSync(file, "utf8");
    t.after(() => writeFileSync(file, good));
    writeFileSync(file, "this is = = no toml\n");
    const { row } = await session.turn("[[say:never]]");
    assert.equal(row.state, "error");
    assert.match(row.error_message, /config|toml/i);
    writeFileSync(file, good);
    assert.equal((await session.turn("[[say:fine]]")).row.state, "idle");
    assert.equal(session.text(), "fine");
  });
});

/** The real Claude Code program against a scripted model server, on the real server. */
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { claudeBinDir, requireClaude } from "../lib/claude.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { isAlive, kill } from "../lib/processes.mjs";
import { after, before, describe, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

/** Claude Code refuses to skip permissions as root unless this says that it is in a sandbox. */
const AS_ROOT = { IS_SANDBOX: "1" };
const MAY_DO_ALL = { permission_mode: "bypassPermissions" };

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
/** @type {import("../lib/model-server.mjs").ModelServer} */
let model;
before(async () => {
  requireClaude();
  model = await startModelServer();
  muster = await startMuster(null, { model, env: AS_ROOT });
});
after(async () => {
  await muster.dispose();
  await model.close();
});

const room = (t, options) => openRoom(t, muster, { agent: "claude", ...options });
const gone = (...pids) => poll(() => !pids.some(isAlive), `the processes ${pids} to end`);
const requestsOf = (mark) => model.turnRequests().filter(({ prompt }) => prompt.includes(mark));
/** The agents, and the processes of a tool, that run in a room's folder. */
const agentsIn = (folder) => muster.agents().filter(({ pid }) => isIn(pid, folder));
const tailsIn = (folder) =>
  muster.processes().filter(({ pid, command }) => command === "tail" && isIn(pid, folder));
/** Claude Code's own file of a conversation, once it contains the text. */
const conversationWith = (id, text) =>
  poll(() => {
    const all = join(muster.home, ".claude/projects");
    const names = existsSync(all) ? readdirSync(all, { recursive: true }) : [];
    const file = names.map((name) => join(all, name)).find((path) => path.endsWith(`${id}.jsonl`));
    return file && readFileSync(file, "utf8").includes(text) && file;
  }, `the conversation ${id} to be saved`);
const isIn = (pid, folder) => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
};

describe("claude", { concurrency: 2 }, () => {
  test("an answer streams into the transcript; the row ends with what it cost and the agent's own session", async (t) => {
    const { session, projects, verify } = await room(t);
    const prompt = "greet [[say:Hello]][[wait:greet]][[say: world]]";
    await session.send(prompt);
    await session.shows("Hello");
    assert.equal(session.state, "working");
    assert.equal(session.text(), "Hello", "what is held back is not shown");
    const streaming = session.transcript.find(({ kind }) => kind === "text");
    assert.equal(streaming.streaming, true);
    model.release("greet");
    const done = await session.turnEnded();
    assert.equal(done.row.state, "idle");
    assert.deepEqual(session.said, [
      ["user", prompt],
      ["text", "Hello world"],
    ]);
    assert.equal(session.transcript.at(-1).streaming, false);
    assert.match(session.row.cli_session_id, /^[0-9a-f-]{36}$/);
    assert.equal(session.row.metadata.usage.input_tokens, 100);
    assert.equal(session.row.metadata.usage.output_tokens, 10);
    assert.ok(session.row.metadata.usage.cost_microusd >= 0);
    assert.equal(session.row.metadata.usage_total.turns, 1);
    assert.equal(typeof session.row.metadata.model, "string");
    assert.equal(projects.sessions.get(session.id).state, "idle");
    assert.ok(session.row.name.startsWith("greet"), session.row.name);
    assert.equal(session.gaps, 0);
    await verify();
  });

  test("one process serves the turns of a session, and the conversation goes on", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.turn("first of two");
    const [{ pid }] = agentsIn(folder);
    await session.turn("second of two");
    assert.deepEqual(
      agentsIn(folder).map((each) => each.pid),
      [pid],
    );
    assert.equal(session.text(), "Fake answer to: first of twoFake answer to: second of two");
    const [second] = requestsOf("second of two");
    assert.ok(
      JSON.stringify(second.body.messages).includes("first of two"),
      "the model is told what was said",
    );
    await verify();
  });

  test("a process that died while idle is replaced at the next prompt, in the same conversation", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.turn("before the end");
    const [{ pid, ppid }] = agentsIn(folder);
    const { cli_session_id: conversation } = session.row;
    await conversationWith(conversation, "Fake answer to: before the end");
    kill(pid, "SIGKILL");
    await gone(pid, ppid);
    assert.equal(session.state, "idle", "what died while idle is no error");
    assert.equal((await muster.ok("GET", `/api/sessions/${session.id}`)).state, "idle");
    await session.turn("after the end");
    assert.equal(session.state, "idle");
    assert.equal(session.row.cli_session_id, conversation);
    const [request] = requestsOf("after the end");
    assert.ok(JSON.stringify(request.body.messages).includes("before the end"), "it was resumed");
    assert.notEqual(agentsIn(folder)[0].pid, pid);
    await verify();
  });

  test("a conversation that claude does not know any more: a new one is begun, and the transcript says so", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.turn("to be forgotten");
    const [{ pid, ppid }] = agentsIn(folder);
    const { cli_session_id: conversation } = session.row;
    const file = await conversationWith(conversation, "Fake answer to: to be forgotten");
    kill(pid, "SIGKILL");
    await gone(pid, ppid);
    rmSync(file);
    await session.turn("a new beginning");
    assert.equal(session.state, "idle");
    assert.notEqual(session.row.cli_session_id, conversation);
    assert.match(session.text("notice"), /does not know the former conversation/);
    assert.ok(session.text().endsWith("Fake answer to: a new beginning"));
    assert.equal(requestsOf("a new beginning").length, 1);
    await verify();
  });

  test("a prompt of a megabyte reaches the model whole", async (t) => {
    const { session, verify } = await room(t);
    const prompt = `[[say:got it]] ${"0123456789abcdef".repeat(65_000)} the end of it`;
    await session.turn(prompt);
    assert.equal(session.state, "idle", session.row.error_message);
    assert.equal(session.text(), "got it");
    const [request] = requestsOf("the end of it");
    assert.ok(
      request.prompt === prompt,
      `the model got ${request.prompt.length} of ${prompt.length} characters`,
    );
    await verify();
  });

  test("a prompt that meets a dying process is answered once, by the next one", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.turn("first life");
    const [{ pid }] = agentsIn(folder);
    kill(pid, "SIGKILL");
    await session.turn("second life");
    assert.equal(session.state, "idle", session.row.error_message);
    assert.equal(requestsOf("second life").length, 1);
    await session.turn("third life");
    assert.equal(session.state, "idle");
    assert.equal(session.said.filter(([kind]) => kind === "user").length, 3);
    assert.ok(session.text().endsWith("Fake answer to: third life"));
    await verify();
  });

  test("an error of the model ends the turn in error with its text; the next good turn clears it", async (t) => {
    const { session, projects, verify } = await room(t);
    await session.turn("[[error:400]] bad");
    assert.equal(session.state, "error");
    assert.match(session.row.error_message, /Fake error 400/);
    assert.equal(projects.sessions.get(session.id).error_message, session.row.error_message);
    assert.deepEqual(session.said.at(-1), ["error", session.row.error_message]);
    await session.turn("good again");
    assert.equal(session.state, "idle");
    assert.equal(session.row.error_message, null);
    assert.equal(session.text(), "Fake answer to: good again");
    await verify();
  });

  test("failure 8: an error that the agent survives: working goes on, and the answer comes", async (t) => {
    const { session, projects, verify } = await room(t);
    const done = await session.turn("[[error:529*1]][[say:survived]] retry");
    assert.equal(done.row.state, "idle");
    assert.equal(session.text(), "survived");
    const states = session.updates.filter(({ state }) => state).map(({ state }) => state);
    assert.deepEqual(states, ["working", "idle"]);
    const shown = projects.updates.filter(({ sessionId, state }) => sessionId === session.id && state);
    assert.deepEqual(
      shown.map(({ state }) => state),
      ["working", "idle"],
    );
    assert.match(session.text("notice"), /tries again: attempt 1 of 2/);
    assert.deepEqual(
      session.errors.map(({ fatal }) => fatal),
      [false],
    );
    await verify();
  });

  test("cancel while the answer streams: idle, cancelled, and the next turn is good", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.send("[[say:partial]][[wait:never-1]][[say:never]]");
    await session.shows("partial");
    const { cli_session_id: conversation } = session.row;
    await session.cancel();
    const done = await session.turnEnded();
    assert.equal(done.cancelled, true);
    assert.equal(done.row.state, "idle");
    assert.equal(done.row.error_message, null);
    assert.equal(session.text(), "partial", "what had been shown stays");
    assert.equal(agentsIn(folder).length, 1, "the process is kept");
    await session.turn("after the cancel");
    assert.equal(session.state, "idle");
    assert.equal(session.row.cli_session_id, conversation);
    assert.equal(session.text(), "partialFake answer to: after the cancel");
    await verify();
  });

  test("a tool runs where the session's options let it, and its result is shown", async (t) => {
    const { session, folder, verify } = await room(t, { options: MAY_DO_ALL });
    await session.turn("[[tool:touch made-by-a-tool; echo it ran]][[say:finished]] tool");
    assert.equal(session.state, "idle");
    assert.ok(existsSync(join(folder, "made-by-a-tool")));
    const tool = session.transcript.find(({ kind }) => kind === "tool");
    assert.equal(tool.metadata.tool, "Bash");
    assert.equal(tool.metadata.status, "done");
    assert.match(tool.metadata.output, /it ran/);
    assert.match(tool.text, /^Bash: touch made-by-a-tool/);
    assert.equal(session.text(), "finished");
    await verify();
  });

  test("cancel while a tool runs: idle, cancelled, the tool is gone, and the next turn is good", async (t) => {
    const { session, folder, verify } = await room(t, { options: MAY_DO_ALL });
    await session.send("[[tool:tail -f /dev/null]] tool");
    await session.until(() => session.text("tool") !== "", "the tool call");
    await poll(() => tailsIn(folder).length > 0, "the tool to run");
    const pids = tailsIn(folder).map(({ pid }) => pid);
    await session.cancel();
    const done = await session.turnEnded();
    assert.equal(done.cancelled, true);
    assert.equal(done.row.state, "idle");
    await gone(...pids);
    await session.turn("after the tool");
    assert.equal(session.state, "idle");
    assert.equal(session.text(), "Fake answer to: after the tool");
    await verify();
  });

  test("a prompt during a turn waits in muster's queue: the agent gets it when the turn has ended", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.send("[[say:one]][[wait:queue]] head of the queue");
    await session.shows("one");
    assert.deepEqual(await session.send("tail of the queue", "tail-1"), { id: "tail-1", queued: true });
    await session.until(() => session.row.queue_length === 1, "a prompt in the queue");
    assert.equal(requestsOf("tail of the queue").length, 0);
    model.release("queue");
    const first = await session.turnEnded();
    assert.equal(requestsOf("tail of the queue").length, 0);
    assert.equal(first.cancelled, false);
    await session.turnEnded();
    assert.equal(session.row.queue_length, 0);
    assert.equal(requestsOf("tail of the queue").length, 1);
    assert.deepEqual(
      session.said.map(([kind]) => kind),
      ["user", "text", "user", "text"],
    );
    assert.equal(session.text(), "oneFake answer to: tail of the queue");
    await verify();
  });

  test("failure 5: two sessions at once: what one does changes nothing of the other", async (t) => {
    const [one, two] = await Promise.all([room(t), room(t)]);
    await Promise.all([
      one.session.send("[[say:from one]][[wait:hold-one]]"),
      two.session.send("[[say:from two]][[wait:hold-two]]"),
    ]);
    await Promise.all([one.session.shows("from one"), two.session.shows("from two")]);
    const { rev } = two.session.row;
    model.release("hold-one");
    await one.session.turnEnded();
    assert.equal(one.session.state, "idle");
    const { sessions } = await muster.ok("GET", `/api/projects/${two.projectId}`);
    assert.equal(sessions[0].state, "working");
    assert.equal(sessions[0].rev, rev);
    assert.equal(two.session.state, "working");
    assert.equal(one.projects.sessions.get(two.sessionId).state, "working");
    model.release("hold-two");
    await two.session.turnEnded();
    assert.equal(one.session.text(), "from one");
    assert.equal(two.session.text(), "from two");
    await one.verify();
    await two.verify();
  });

  test("failure 3: SIGKILL in mid-turn, while a tool runs: error with the reason, nothing is left running", async (t) => {
    const { session, folder, verify } = await room(t, { options: MAY_DO_ALL });
    await session.send("[[tool:tail -f /dev/null]] tool");
    await poll(() => tailsIn(folder).length > 0, "the tool to run");
    const pids = tailsIn(folder).map(({ pid }) => pid);
    const [{ pid, ppid }] = agentsIn(folder);
    kill(pid, "SIGKILL");
    const done = await session.turnEnded();
    assert.equal(session.state, "error");
    assert.match(done.error_message, /^claude was killed by signal 9 \(Killed\)/);
    await gone(pid, ppid, ...pids);
    await session.turn("and on");
    assert.equal(session.state, "idle");
    assert.equal(session.row.error_message, null);
    await verify();
  });

  test("without a key: error that says what to do", async (t) => {
    const other = await startMuster(t, {
      path: [claudeBinDir],
      env: {
        ANTHROPIC_BASE_URL: model.url,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        DISABLE_AUTOUPDATER: "1",
      },
    });
    const { session, verify } = await openRoom(t, other, { agent: "claude" });
    await session.turn("anyone there?");
    assert.equal(session.state, "error");
    assert.match(session.row.error_message, /Not logged in/);
    assert.match(
      session.row.error_message,
      /Run `claude` in a terminal and log in with \/login, or set ANTHROPIC_API_KEY/,
    );
    await verify();
  });

  test("no model server at the address: error that says what to do", async (t) => {
    const dead = await startModelServer();
    const other = await startMuster(t, { model: dead, env: { CLAUDE_CODE_MAX_RETRIES: "1" } });
    await dead.close();
    const { session, verify } = await openRoom(t, other, { agent: "claude" });
    await session.turn("anyone there?");
    assert.equal(session.state, "error");
    assert.match(session.row.error_message, /ECONNREFUSED|Connection|connect/);
    assert.match(session.row.error_message, /Check the network/);
    await verify();
  });

  test("claude is not installed: error that says how to get it", async (t) => {
    const other = await startMuster(t, { env: { MUSTER_CLAUDE: "/nowhere/claude" } });
    const { session, verify } = await openRoom(t, other, { agent: "claude" });
    await session.turn("anyone there?");
    assert.equal(session.state, "error");
    assert.match(session.row.error_message, /^claude could not be started: .*\/nowhere\/claude/);
    assert.match(session.row.error_message, /npm install -g @anthropic-ai\/claude-code/);
    await verify();
  });

  test("a program that prints no protocol and exits: error with its last words", async (t) => {
    const dir = muster.dir;
    const path = join(dir, "not-claude");
    writeFileSync(path, "#!/bin/sh\necho not json\necho 'some words' >&2\nexit 7\n");
    chmodSync(path, 0o755);
    const other = await startMuster(t, { env: { MUSTER_CLAUDE: path } });
    const { session, verify } = await openRoom(t, other, { agent: "claude" });
    await session.turn("anyone there?");
    assert.equal(session.state, "error");
    assert.equal(
      session.row.error_message,
      "claude ended in the middle of the turn (exit code 7): some words",
    );
    await verify();
  });

  test("a line of 100 MB, lines that are no JSON, bytes that are no text: skipped, and the turn goes on", async (t) => {
    const path = join(muster.dir, "wild-claude");
    const line = (object) => `printf '%s\\n' '${JSON.stringify(object)}'`;
    const text = (content) => ({
      type: "assistant",
      message: { role: "assistant", content: [{ type: "text", text: content }] },
    });
    const script = [
      "#!/bin/sh",
      "read -r prompt",
      line({ type: "system", subtype: "init", session_id: "wild-1", model: "wild" }),
      line(text("before")),
      'printf \'{"type":"assistant","x":"\'',
      "head -c 100000000 /dev/zero | tr '\\0' x",
      "printf '\"}\\n'",
      "head -c 100000 /dev/urandom; echo; echo '{'; echo '[]'; echo 'null'; echo '{\"type\":5}'",
      line({ type: "something new", a: [1, 2] }),
      line(text("after")),
      line({
        type: "result",
        subtype: "success",
        is_error: false,
        result: "after",
        session_id: "wild-1",
        usage: {},
      }),
      "read -r more",
    ];
    writeFileSync(path, `${script.join("\n")}\n`);
    chmodSync(path, 0o755);
    const other = await startMuster(t, { env: { MUSTER_CLAUDE: path } });
    const { session, verify } = await openRoom(t, other, { agent: "claude" });
    const before = other.residentBytes();
    const done = await session.turn("go wild");
    assert.equal(done.row.state, "idle", done.error_message);
    assert.equal(session.text(), "beforeafter");
    assert.match(session.text("notice"), /a line of more than 16 MiB, which was skipped/);
    const grown = (other.residentBytes() - before) / 1e6;
    assert.ok(grown < 100, `the server grew by ${grown} MB`);
    await verify();
  });

  test("options that claude does not know are refused with what is allowed", async () => {
    const { id } = await muster.ok("POST", "/api/projects", { path: muster.home });
    const create = (options) =>
      muster.api("POST", `/api/projects/${id}/sessions`, { agent: "claude", options });
    for (const options of [{ permission_mode: "--evil" }, { model: "-x" }, { argv: ["x"] }, { model: 5 }]) {
      const { status, body } = await create(options);
      assert.equal(status, 422);
      assert.equal(body.error.code, "INVALID_FIELD");
      assert.match(body.error.message, /option/);
    }
  });
});

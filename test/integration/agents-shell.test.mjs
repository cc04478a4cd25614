/** The shell agent on the real server: what a client is shown is what the command did. */
import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { groupGone, isAlive, kill, pidIn } from "../lib/processes.mjs";
import { after, before, describe, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
before(async () => {
  muster = await startMuster(null);
});
after(() => muster.dispose());

const room = (t, options) => openRoom(t, muster, options);

describe("shell", { concurrency: 3 }, () => {
  test("a turn is shown from its prompt to its end: working, output as it comes, idle", async (t) => {
    const { session, projects, verify } = await room(t);
    const gate = makeGate(t, muster.dir);
    const before = session.row.rev;
    const { queued } = await session.send(`echo first; ${gate.wait}; echo second`);
    assert.equal(queued, false);
    await session.shows("first\n");
    assert.equal(session.state, "working");
    assert.equal(session.row.error_message, null);
    assert.ok(session.row.turn_started_at, "the turn has a beginning");
    assert.equal(projects.sessions.get(session.id).state, "working");
    gate.open();
    const done = await session.turnEnded();
    assert.equal(done.cancelled, false);
    assert.equal(done.error_message, null);
    assert.equal(done.rev, session.row.rev);
    assert.equal(done.row.state, "idle", "the row is right by the time of message_complete");
    assert.equal(done.row.turn_started_at, null);
    assert.equal(projects.sessions.get(session.id).state, "idle");
    const prompt = `echo first; ${gate.wait}; echo second`;
    assert.deepEqual(session.said, [
      ["user", prompt],
      ["text", "first\nsecond\n"],
    ]);
    assert.ok(session.pieces >= 2, `the output came in ${session.pieces} pieces`);
    const states = session.updates.filter(({ state }) => state).map(({ state }) => state);
    assert.deepEqual(states, ["working", "idle"]);
    for (const view of [session.updates, projects.updates]) {
      let last = before;
      for (const { rev, prev } of view) {
        assert.ok(prev >= last && rev > prev, `rev ${rev} follows ${prev}`);
        last = rev;
      }
    }
    assert.equal(session.gaps + projects.gaps, 0);
    await verify();
  });

  test("a session is named after its first prompt, and keeps a name that a person gave", async (t) => {
    const { session, projects, verify } = await room(t);
    assert.equal(session.row.name, "New session");
    await session.turn("echo one");
    assert.equal(session.row.name, "echo one");
    assert.equal(projects.sessions.get(session.id).name, "echo one");
    await session.turn("echo two");
    assert.equal(session.row.name, "echo one");
    await verify();
    const mine = await room(t, { name: "Mine" });
    await mine.session.turn("echo one");
    assert.equal(mine.session.row.name, "Mine");
    await mine.verify();
  });

  test("a command runs in the project's directory, without input, and both its streams are shown", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.turn("pwd; cat; echo to stderr >&2; echo end");
    assert.match(session.text(), new RegExp(`^${folder}\n`));
    assert.match(session.text(), /to stderr\n/);
    assert.match(session.text(), /end\n/);
    assert.equal(session.state, "idle");
    await verify();
  });

  test("a command that fails ends in error, with its exit code and its last words", async (t) => {
    const { session, projects, verify } = await room(t);
    const done = await session.turn("nonsense");
    assert.equal(session.state, "error");
    assert.equal(session.row.error_message, "exit 127: nonsense: not found");
    assert.equal(done.error_message, "exit 127: nonsense: not found");
    assert.equal(projects.sessions.get(session.id).error_message, "exit 127: nonsense: not found");
    assert.deepEqual(
      session.errors.map(({ message, fatal }) => [message, fatal]),
      [["exit 127: nonsense: not found", true]],
    );
    assert.deepEqual(session.said.at(-1), ["error", "exit 127: nonsense: not found"]);
    await session.turn("exit 3");
    assert.equal(session.row.error_message, "exit 3");
    await verify();
  });

  test("failure 4: an error, then a good turn: the error is gone from the row everywhere", async (t) => {
    const { session, projects, verify } = await room(t);
    await session.turn("echo broken >&2; exit 1");
    assert.equal(session.row.error_message, "exit 1: broken");
    const before = session.updates.length;
    await session.turn("echo good");
    const first = session.updates[before];
    assert.equal(first.state, "working");
    assert.ok("error_message" in first, "the push says that there is no error any more");
    assert.equal(first.error_message, null);
    assert.equal(session.state, "idle");
    assert.equal(session.row.error_message, null);
    assert.equal(projects.sessions.get(session.id).error_message, null);
    await verify();
  });

  test("failure 3: an agent that dies by a signal: error with the reason, its process group is empty", async (t) => {
    const { session, verify } = await room(t);
    await session.send("echo pid=$$; tail -f /dev/null & tail -f /dev/null; echo never");
    await session.shows(/pid=\d+\n/);
    const pid = pidIn(session.text());
    kill(pid, "SIGKILL");
    await session.turnEnded();
    assert.equal(session.state, "error");
    assert.match(session.row.error_message, /^killed by signal 9 \(Killed\)/);
    await groupGone(pid);
    await session.turn("kill -SEGV $$");
    assert.match(session.row.error_message, /^killed by signal 11 \(Segmentation fault\)/);
    await verify();
  });

  test("a project directory that is gone: error that says so", async (t) => {
    const { session, folder, verify } = await room(t);
    rmSync(folder, { recursive: true });
    const done = await session.turn("echo hello");
    assert.equal(session.state, "error");
    assert.equal(
      done.error_message,
      `The command could not be started: the directory ${folder} does not exist`,
    );
    await verify();
  });

  test("cancel: idle, message_complete with cancelled, and no process is left", async (t) => {
    const { session, projects, verify } = await room(t);
    await session.send("echo pid=$$; tail -f /dev/null");
    await session.shows(/pid=\d+\n/);
    const pid = pidIn(session.text());
    await session.cancel();
    const done = await session.turnEnded();
    assert.equal(done.cancelled, true);
    assert.equal(done.error_message, null);
    assert.equal(done.row.state, "idle");
    assert.equal(projects.sessions.get(session.id).state, "idle");
    assert.deepEqual(session.said.at(-1), ["notice", "Cancelled."]);
    await groupGone(pid);
    await session.cancel();
    assert.equal(session.completions.length, 1, "cancelling what is idle does nothing");
    await session.turn("echo again");
    assert.equal(session.state, "idle");
    assert.match(session.text(), /again\n/);
    await verify();
  });

  test("cancel of a command that ignores SIGTERM: it is killed, with everything it started", async (t) => {
    const { session, verify } = await room(t);
    await session.send("trap '' TERM; echo pid=$$; tail -f /dev/null & tail -f /dev/null; tail -f /dev/null");
    await session.shows(/pid=\d+\n/);
    const pid = pidIn(session.text());
    await session.cancel();
    const done = await session.turnEnded();
    assert.equal(done.cancelled, true);
    assert.equal(session.state, "idle");
    await groupGone(pid);
    await verify();
  });

  test("a command that closes its pipes and lives on is working until it ends", async (t) => {
    const { session, verify } = await room(t);
    const gate = makeGate(t, muster.dir);
    const mark = join(muster.dir, "closed-its-pipes");
    await session.send(`echo pid=$$; exec >&- 2>&-; : > ${mark}; ${gate.wait}; exit 5`);
    await poll(() => existsSync(mark), "the command to close its pipes");
    await session.shows(/pid=\d+\n/);
    const pid = pidIn(session.text());
    assert.ok(isAlive(pid));
    const { state } = await muster.ok("GET", `/api/sessions/${session.id}`);
    assert.equal(state, "working");
    gate.open();
    await session.turnEnded();
    assert.equal(session.state, "error");
    assert.equal(session.row.error_message, "exit 5");
    await verify();
  });

  test("characters that are cut between two writes are put together again", async (t) => {
    const { session, verify } = await room(t);
    const gate = makeGate(t, muster.dir);
    const bytes = [...Buffer.from("äß€🙂")].map((byte) => `printf '\\${byte.toString(8)}'; ${gate.wait}`);
    await session.send(`echo begin; ${bytes.join("; ")}; printf 'cut: \\360\\237'`);
    await session.shows("begin\n");
    for (const _ of bytes) gate.open();
    await session.turnEnded();
    assert.match(session.text(), /^begin\näß€🙂cut: \ufffd+$/);
    await verify();
  });

  test("prompts over a limit, without text, or with an id that is none are refused with the reason", async (t) => {
    const { session, verify } = await room(t);
    const push = async (payload) => {
      const { status, response } = await session.channel.push("send_message", payload);
      assert.equal(status, "error");
      assert.ok(response.message.length > 10);
      return response.code;
    };
    assert.equal(await push({ id: "long", text: `: ${"x".repeat(120_000)}` }), "TOO_LARGE");
    assert.equal(await push({ id: "huge", text: "x".repeat(1_048_577) }), "TOO_LARGE");
    assert.equal(await push({ id: "blank", text: " \n\t" }), "INVALID_FIELD");
    assert.equal(await push({ id: "not an id", text: "echo x" }), "INVALID_FIELD");
    assert.equal(await push({ text: "echo x" }), "INVALID_FIELD");
    assert.equal(await push({ id: "number", text: 5 }), "INVALID_FIELD");
    assert.equal(session.said.length, 0);
    await session.turn(`: ${"x".repeat(119_998)}`);
    assert.equal(session.state, "idle", "just within the limit");
    await verify();
  });

  test("a message that is sent again with its id is one message; another session's id is a conflict", async (t) => {
    const one = await room(t);
    const two = await room(t);
    const mark = join(muster.dir, "how-often");
    const prompt = `echo once >> ${mark}; cat ${mark}`;
    assert.deepEqual(await one.session.send(prompt, "same-id"), { id: "same-id", queued: false });
    assert.deepEqual(await one.session.send(prompt, "same-id"), { id: "same-id", queued: false });
    await one.session.turnEnded();
    assert.deepEqual(await one.session.send(prompt, "same-id"), { id: "same-id", queued: false });
    const rest = await muster.api("POST", `/api/sessions/${one.sessionId}/messages`, {
      id: "same-id",
      text: prompt,
    });
    assert.equal(rest.status, 202);
    await one.session.turn("echo after");
    assert.equal(one.session.text(), "once\nafter\n");
    assert.equal(one.session.said.filter(([kind]) => kind === "user").length, 2);
    const { status, response } = await two.session.channel.push("send_message", {
      id: "same-id",
      text: "echo x",
    });
    assert.equal(status, "error");
    assert.equal(response.code, "CONFLICT");
    const answer = await muster.api("POST", `/api/sessions/${two.sessionId}/messages`, {
      id: "same-id",
      text: "echo x",
    });
    assert.equal(answer.status, 409);
    assert.equal(two.session.said.length, 0);
    await one.verify();
    await two.verify();
  });

  test("a prompt during a turn waits in the queue and is sent when the turn has ended", async (t) => {
    const { session, projects, verify } = await room(t);
    const gate = makeGate(t, muster.dir);
    await session.send(`${gate.wait}; echo first`);
    assert.deepEqual(await session.send("echo second", "q-2"), { id: "q-2", queued: true });
    assert.deepEqual(await session.send("echo third", "q-3"), { id: "q-3", queued: true });
    assert.deepEqual(await session.send("echo third", "q-3"), { id: "q-3", queued: true }, "said again");
    await session.until(() => session.queue.length === 2, "two prompts in the queue");
    assert.deepEqual(
      session.queue.map(({ id, text }) => [id, text]),
      [
        ["q-2", "echo second"],
        ["q-3", "echo third"],
      ],
    );
    assert.equal(session.row.queue_length, 2);
    assert.equal(projects.sessions.get(session.id).queue_length, 2);
    gate.open();
    for (const left of [2, 1, 0]) {
      const done = await session.turnEnded();
      assert.equal(done.cancelled, false);
      assert.equal(done.row.queue_length, left);
    }
    assert.equal(session.state, "idle");
    assert.deepEqual(
      session.said.filter(([kind]) => kind === "text"),
      [
        ["text", "first\n"],
        ["text", "second\n"],
        ["text", "third\n"],
      ],
    );
    assert.deepEqual(session.queue, []);
    await verify();
  });

  test("the queue takes a hundred prompts; the next is refused with QUEUE_FULL", async (t) => {
    const { session, verify } = await room(t);
    const gate = makeGate(t, muster.dir);
    await session.send(`${gate.wait}`);
    const sent = Array.from({ length: 100 }, (_, at) =>
      session.send(`echo ${at + 1}`, `full-${t.name.length}-${at + 1}`),
    );
    for (const { queued } of await Promise.all(sent)) assert.equal(queued, true);
    const { status, response } = await session.channel.push("send_message", {
      id: "too-many",
      text: "echo 101",
    });
    assert.equal(status, "error");
    assert.equal(response.code, "QUEUE_FULL");
    const answer = await muster.api("POST", `/api/sessions/${session.id}/messages`, {
      id: "too-many",
      text: "x",
    });
    assert.equal(answer.status, 429);
    await session.until(() => session.queue.length === 100, "a hundred prompts in the queue");
    assert.deepEqual(
      session.queue.map(({ text }) => text),
      Array.from({ length: 100 }, (_, at) => `echo ${at + 1}`),
    );
    await verify();
    await session.cancel();
    await session.turnEnded();
  });

  test("failure 12: the queue meets an error: it waits, the user is told, and it goes on after a good turn", async (t) => {
    const { session, verify } = await room(t);
    const gate = makeGate(t, muster.dir);
    await session.send(`${gate.wait}; exit 1`);
    await session.send("echo queued one");
    await session.send("echo queued two");
    gate.open();
    await session.turnEnded();
    assert.equal(session.state, "error");
    assert.equal(session.row.queue_length, 2);
    assert.match(session.said.at(-1)[1], /^2 prompts wait in the queue\./);
    await session.turn("echo good");
    await session.turnEnded();
    await session.turnEnded();
    assert.equal(session.row.queue_length, 0);
    assert.equal(session.state, "idle");
    assert.equal(session.text(), "good\nqueued one\nqueued two\n");
    await verify();
  });

  test("failure 12: the queue meets a cancel: it waits, the user is told, and it goes on after a good turn", async (t) => {
    const { session, verify } = await room(t);
    await session.send("echo running; tail -f /dev/null");
    await session.shows("running\n");
    await session.send("echo queued");
    await session.cancel();
    const done = await session.turnEnded();
    assert.equal(done.cancelled, true);
    assert.equal(session.state, "idle");
    assert.equal(session.row.queue_length, 1);
    assert.match(session.said.at(-1)[1], /^1 prompt waits in the queue\./);
    await session.turn("echo good");
    await session.turnEnded();
    assert.equal(session.text(), "running\ngood\nqueued\n");
    assert.equal(session.row.queue_length, 0);
    await verify();
  });

  test("failure 7: output that comes after idle changes nothing: the row stays idle", async (t) => {
    const { session, projects, verify } = await room(t);
    const gate = makeGate(t, muster.dir);
    const mark = join(muster.dir, "late-is-out");
    const late = `trap '' TERM; ${gate.wait}; echo late; : > ${mark}`;
    await session.send(`(${late}) & echo pid=$$`);
    await session.turnEnded();
    assert.equal(session.state, "idle");
    const pid = pidIn(session.text());
    const { rev } = session.row;
    const said = session.said;
    gate.open();
    await groupGone(pid);
    const now = await muster.ok("GET", `/api/sessions/${session.id}`);
    assert.equal(now.state, "idle");
    assert.equal(now.rev, rev);
    assert.equal(projects.sessions.get(session.id).state, "idle");
    assert.deepEqual(session.said, said);
    await verify();
  });

  test("a prompt that looks like an option, and one with quotes and line ends, arrive as they are", async (t) => {
    const { session, verify } = await room(t);
    await session.turn("-c 'echo x'");
    assert.equal(session.state, "error");
    assert.match(session.row.error_message, /-c: not found/);
    await session.turn(`printf '%s|' "a  b" 'c"d' "e'f" '\\n' "$(printf 'g\\nh')"\ntrue`);
    assert.equal(session.state, "idle");
    assert.ok(session.text().endsWith(`a  b|c"d|e'f|\\n|g\nh|`), session.text());
    await verify();
  });

  test("a program that is not executable, and one that is a directory: the shell's own words", async (t) => {
    const { session, folder, verify } = await room(t);
    writeFileSync(join(folder, "plain"), "echo x\n", { mode: 0o644 });
    await session.turn("./plain");
    assert.match(session.row.error_message, /^exit 126: \.\/plain: Permission denied$/);
    await session.turn("/");
    assert.match(session.row.error_message, /^exit 126: \/: /);
    await verify();
  });
});

/** Agents that speak ACP: a scripted one, for what real ones cannot be told to do. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeAcp } from "../lib/fake-acp.mjs";
import { startMuster } from "../lib/muster.mjs";
import { kill } from "../lib/processes.mjs";
import { describe, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

/** A muster whose opencode is the script, and a session of it. */
async function start(t, options, session = {}) {
  const folder = mkdtempSync(join(tmpdir(), "muster-acp-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const fake = fakeAcp(folder, options);
  const muster = await startMuster(t, { env: fake.env });
  const room = await openRoom(t, muster, { agent: "opencode", ...session });
  return { fake, muster, ...room };
}
const notices = ({ transcript }) => transcript.filter(({ kind }) => kind === "notice").map(({ text }) => text);
/** Ends the agent's own process, as a crash would. */
const endAgent = async (muster) => {
  for (const { pid } of muster.agents()) kill(pid, "SIGKILL");
  await poll(() => muster.holders().length === 0, "the agent and its holder to be gone");
};

describe("acp", { concurrency: 2 }, () => {
  test("turns: one process, one session, and what was said", async (t) => {
    const { session, fake, verify } = await start(t);
    await session.turn("say:one");
    await session.turn("say:two");
    assert.equal(session.state, "idle");
    assert.equal(session.text(), "onetwo");
    assert.deepEqual(fake.methods(), ["initialize", "session/new", "session/prompt", "session/prompt"]);
    await verify();
  });

  test("another version of the protocol is said, and the turn goes on", async (t) => {
    const { session, verify } = await start(t, { version: 7 });
    await session.turn("say:hello");
    assert.equal(session.state, "idle");
    assert.match(notices(session)[0], /^Fake speaks version 7 .* and muster version 1/);
    assert.equal(session.text(), "hello");
    await verify();
  });

  test("what is not known is said once, and a request for it is refused", async (t) => {
    const { session, verify } = await start(t);
    await session.turn("unknown say:a unknown say:b");
    assert.equal(session.text(), "(-32601)a(-32601)b");
    assert.equal(notices(session).filter((text) => text.includes('"hologram"')).length, 1);
    await verify();
  });

  test("an agent that is not logged in says how, and the session can go on", async (t) => {
    const { session, verify } = await start(t, { login: "Log in with Fake" });
    await session.turn("say:hello");
    assert.equal(session.state, "error");
    assert.match(session.row.error_message, /^Fake is not logged in .*Ways to log in: Log in with Fake\./);
    await verify();
  });

  test("a load's replay does not come into the transcript, even after the load's answer", async (t) => {
    const { session, muster, fake, verify } = await start(t, { load: true });
    for (const n of [1, 2, 3]) await session.turn(`say:answer${n}`);
    await endAgent(muster);
    await session.turn("say:new");
    assert.equal(session.text(), "answer1answer2answer3new");
    assert.ok(fake.methods().includes("session/load"));
    assert.deepEqual(notices(session), []);
    await verify();
  });

  test("a conversation is resumed without a replay where the agent can", async (t) => {
    const { session, muster, fake, verify } = await start(t, { load: true, resume: true });
    await session.turn("say:one");
    await endAgent(muster);
    await session.turn("say:two");
    assert.equal(session.text(), "onetwo");
    assert.ok(!fake.methods().includes("session/load"));
    await verify();
  });

  test("an agent that cannot resume begins anew and says so", async (t) => {
    const { session, muster, verify } = await start(t);
    await session.turn("say:one");
    const before = session.row.cli_session_id;
    await endAgent(muster);
    await session.turn("say:two");
    assert.match(notices(session)[0], /cannot resume a conversation.*does not remember/);
    assert.notEqual(session.row.cli_session_id, before);
    await verify();
  });

  test("allow, allow for good, deny, deny and end: the agent gets the option of that kind", async (t) => {
    const { session, verify } = await start(t);
    const cases = [
      ["allow", "(o1)"],
      ["allow_always", "(o2)"],
      ["deny", "(o3)"],
    ];
    let all = "";
    for (const [decision, said] of cases) {
      await session.send("ask");
      const [asked] = await session.asked();
      assert.equal(asked.input.command, "rm -r /");
      assert.deepEqual(asked.suggestions, [{ name: "Always" }]);
      await session.answer(asked.id, decision);
      await session.turnEnded();
      all += said;
      assert.equal(session.text(), all);
    }
    await session.send("ask hang");
    const [asked] = await session.asked();
    await session.answer(asked.id, "deny_interrupt");
    const { cancelled } = await session.turnEnded();
    assert.equal(cancelled, true);
    await verify();
  });

  test("a cancel answers what is open, and the next turn runs in the same process", async (t) => {
    const { session, fake, verify } = await start(t);
    await session.send("ask");
    await session.asked();
    await session.cancel();
    assert.equal((await session.turnEnded()).cancelled, true);
    const outcomes = () => fake.heard().flatMap(({ result }) => result?.outcome?.outcome ?? []);
    assert.deepEqual(outcomes(), ["cancelled"]);
    await session.turn("say:on");
    assert.equal(fake.methods().filter((method) => method === "initialize").length, 1);
    assert.equal(session.state, "idle");
    await verify();
  });

  test("a turn that is cancelled before the agent is ready ends, and its prompt is never sent", async (t) => {
    const { session, fake, verify } = await start(t, { slow: true });
    await session.send("say:never");
    await poll(() => fake.methods().length > 0, "the agent to be asked");
    await session.cancel();
    assert.equal((await session.turnEnded()).cancelled, true);
    assert.deepEqual(fake.methods(), ["initialize"]);
    await verify();
  });

  test("words after the turn's end change nothing", async (t) => {
    const { session, verify } = await start(t);
    await session.turn("late say:one");
    await session.turn("say:two");
    assert.equal(session.text(), "onetwo");
    await verify();
  });

  test("an end before its time is an error with what to do", async (t) => {
    const { session, verify } = await start(t);
    await session.turn("say:half stop:max_tokens");
    assert.equal(session.state, "error");
    assert.match(session.row.error_message, /cut off.*Send another message/);
    await session.turn("say:more");
    assert.equal(session.state, "idle");
    await verify();
  });

  test("a process that dies in a turn is an error with its last words", async (t) => {
    const { session, verify } = await start(t);
    await session.turn("say:half die");
    assert.equal(session.row.error_message, "Fake ended in the middle of the turn (exit code 3): the disk is on fire");
    await verify();
  });

  test("the mode: the one that is wanted; one that asks instead of `auto`; a notice where there is none", async (t) => {
    const modes = ["auto", "default", "plan"];
    const wanted = await start(t, { modes }, { options: { mode: "plan" } });
    await wanted.session.turn("say:x");
    assert.equal(wanted.session.row.metadata.mode, "plan");
    const unset = await start(t, { modes });
    await unset.session.turn("say:x");
    assert.equal(unset.session.row.metadata.mode, "default");
    const odd = await start(t, { modes: ["build", "plan"] }, { options: { mode: "nope" } });
    await odd.session.turn("say:x");
    assert.equal(odd.session.row.metadata.mode, "build");
    assert.match(notices(odd.session)[0], /does not have the mode "nope".*There are: build, plan\./);
  });

  test("kill -9 of the server in a turn that waits for an answer: it goes on where it was", async (t) => {
    const { session, muster, fake, verify } = await start(t);
    await session.send("say:before ask say:after");
    const [before] = await session.asked();
    await muster.restart({ signal: "SIGKILL" });
    await session.rejoined(2);
    const [asked] = await session.asked();
    assert.equal(asked.id, before.id);
    await session.answer(asked.id, "allow");
    await session.turnEnded();
    assert.equal(session.text(), "before(o1)after");
    assert.equal(fake.methods().filter((method) => method === "session/prompt").length, 1);
    await verify();
  });
});

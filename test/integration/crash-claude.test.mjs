/** The server is killed under a real Claude Code process that is in the middle of its turn. */
import assert from "node:assert/strict";
import { requireClaude } from "../lib/claude.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { isAlive, kill } from "../lib/processes.mjs";
import { after, before, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
/** @type {import("../lib/model-server.mjs").ModelServer} */
let model;
before(async () => {
  requireClaude();
  model = await startModelServer();
  muster = await startMuster(null, { model });
});
after(async () => {
  await muster.dispose();
  await model.close();
});

const room = (t) => openRoom(t, muster, { agent: "claude" });
const requestsOf = (mark) => model.turnRequests().filter(({ prompt }) => prompt.includes(mark));
const gone = (pid) => poll(() => !isAlive(pid), `the process ${pid} to end`);
const agentOf = async (before) => {
  const [agent] = await poll(() => {
    const found = muster.agents().filter(({ pid }) => !before.includes(pid));
    return found.length > 0 && found;
  }, "the agent");
  return agent;
};
const agentPids = () => muster.agents().map(({ pid }) => pid);

for (const signal of ["SIGKILL", "SIGTERM"]) {
  const name =
    signal === "SIGKILL"
      ? "failure 2: the server is killed"
      : "the server is stopped and started (an upgrade)";
  test(`${name} while an answer streams: the turn goes on, the text is there once`, async (t) => {
    const { session, projects, verify } = await room(t);
    const before = agentPids();
    const prompt = `${signal} [[say:one ]][[wait:${signal}-1]][[say:two ]][[wait:${signal}-2]][[long:300]][[wait:${signal}-3]][[say:end]]`;
    await session.send(prompt);
    await session.shows("one ");
    const { pid } = await agentOf(before);
    await muster.stop(signal);
    model.release(`${signal}-1`);
    await muster.start();
    const reply = await session.rejoined(2);
    assert.equal(reply.session.state, "working");
    await session.shows("two ");
    model.release(`${signal}-2`); // and killed while it streams
    await muster.restart({ signal });
    await session.shows("word300 ");
    await muster.stop(signal);
    model.release(`${signal}-3`);
    await muster.start();
    await session.becomes("idle");
    const words = Array.from({ length: 300 }, (_, at) => `word${at + 1} `).join("");
    assert.deepEqual(session.said, [
      ["user", prompt],
      ["text", `one two ${words}end`],
    ]);
    assert.equal(requestsOf(signal).length, 1, "the agent was asked once");
    assert.equal(projects.sessions.get(session.id).state, "idle");
    assert.ok(isAlive(pid), "the process was kept");
    await session.turn("the next turn");
    assert.equal(session.state, "idle");
    assert.ok(session.text().endsWith("Fake answer to: the next turn"));
    await verify();
  });
}

test("failure 2: the server is killed as soon as a prompt is accepted: the agent gets it exactly once", async (t) => {
  const { session, verify } = await room(t);
  for (const round of ["accepted one", "accepted two", "accepted three"]) {
    await session.send(round);
    await muster.restart({ signal: "SIGKILL" });
    await session.until(
      () => session.state === "idle" && session.text().endsWith(round),
      `the answer to ${round}`,
    );
    assert.equal(requestsOf(round).length, 1);
  }
  assert.deepEqual(
    session.said.map(([kind]) => kind),
    ["user", "text", "user", "text", "user", "text"],
  );
  await verify();
});

test("failure 2: claude is killed while the server is down: error with the reason at the start, then it goes on", async (t) => {
  const { session, verify } = await room(t);
  const before = agentPids();
  await session.send("[[say:begun]][[wait:never]]");
  await session.shows("begun");
  const { pid, ppid } = await agentOf(before);
  await muster.kill9();
  kill(pid, "SIGKILL");
  await gone(pid);
  await muster.start();
  await session.becomes("error");
  assert.match(session.row.error_message, /^claude was killed by signal 9 \(Killed\)/);
  assert.equal(session.text(), "begun");
  await gone(ppid);
  await session.turn("after its end");
  assert.equal(session.state, "idle");
  assert.equal(session.row.error_message, null);
  await verify();
});

test("failure 2: the answer ends while the server is down: idle at the start, with the whole answer", async (t) => {
  const { session, verify } = await room(t);
  await session.send("down [[say:first half, ]][[wait:down]][[say:second half]]");
  await session.shows("first half, ");
  await muster.kill9();
  model.release("down");
  const [request] = requestsOf("down ");
  await poll(() => request.state === "answered", "the model's answer to be taken");
  await muster.start();
  await session.becomes("idle");
  assert.equal(session.text(), "first half, second half");
  assert.equal(session.row.metadata.usage.output_tokens, 10);
  await verify();
});

test("the holder is killed in mid-turn: error with the reason, claude is dead, the next turn resumes", async (t) => {
  const { session, verify } = await room(t);
  const before = agentPids();
  await session.send("[[say:begun]][[wait:never-2]]");
  await session.shows("begun");
  const { pid, ppid } = await agentOf(before);
  kill(ppid, "SIGKILL");
  await session.turnEnded();
  assert.equal(session.state, "error");
  assert.match(session.row.error_message, /^The agent's process was lost: /);
  await gone(pid);
  await session.turn("after the holder's end");
  assert.equal(session.state, "idle");
  assert.ok(session.text().endsWith("Fake answer to: after the holder's end"));
  await verify();
});

/** What the real Claude Code program asks for, answered over the channel and over REST; and the queue. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { requireClaude } from "../lib/claude.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { connect } from "../lib/phoenix.mjs";
import { kill } from "../lib/processes.mjs";
import { after, before, describe, test } from "../lib/test.mjs";
import { SessionView, openRoom } from "../lib/views.mjs";

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

const room = (t, options) => openRoom(t, muster, { agent: "claude", ...options });
const tools = (session) => session.transcript.filter(({ kind }) => kind === "tool");
const toolOf = (session) => tools(session).at(-1);
const requestsOf = (mark) => model.turnRequests().filter(({ prompt }) => prompt.includes(mark));
/** Another browser at the same session. */
const beside = async (t, { id }) => {
  const view = new SessionView(connect(t, muster), id);
  await view.joined();
  return view;
};
const rest = (session, body) => muster.api("POST", `/api/sessions/${session.id}/answer`, body);
const refused = ({ status, response }, code) => {
  assert.equal(status, "error", JSON.stringify(response));
  assert.equal(response.code ?? response.error?.code, code, JSON.stringify(response));
};

describe("claude asks", { concurrency: 2 }, () => {
  test("allow: the row waits, the tool runs as it was shown, and the turn goes on to its end", async (t) => {
    const { session, projects, folder, verify } = await room(t);
    await session.send("[[tool:touch made.txt]][[say:went on]] allow");
    const [asked] = await session.asked();
    assert.equal(asked.kind, "permission");
    assert.equal(asked.session_id, session.id);
    assert.equal(asked.tool, "Bash");
    assert.equal(asked.title, "Bash: touch made.txt");
    assert.equal(asked.input.command, "touch made.txt");
    assert.ok(Array.isArray(asked.suggestions));
    assert.equal(asked.questions, null);
    assert.equal(session.state, "working");
    assert.equal(session.row.waiting_for, "permission");
    assert.ok(session.row.waiting_since);
    assert.equal(projects.sessions.get(session.id).waiting_for, "permission");
    assert.ok(!existsSync(join(folder, "made.txt")), "nothing runs before the answer");
    await verify();
    assert.equal((await session.answer(asked.id, "allow")).status, "ok");
    await session.turnEnded();
    assert.equal(session.state, "idle");
    assert.equal(session.row.waiting_for, null);
    assert.equal(session.row.waiting_since, null);
    assert.ok(existsSync(join(folder, "made.txt")));
    assert.deepEqual(session.resolved, [{ sessionId: session.id, id: asked.id, decision: "allow" }]);
    assert.equal(toolOf(session).metadata.decision, "allow");
    assert.equal(toolOf(session).metadata.status, "done");
    assert.equal(session.text(), "went on");
    refused(await session.answer(asked.id, "deny"), "ALREADY_ANSWERED");
    await verify();
  });

  test("deny with a message: the agent is told it, and the turn goes on", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.send("[[tool:touch not-made]][[say:went on]] denied with words");
    const [asked] = await session.asked();
    await session.answer(asked.id, "deny", { message: "use make instead" });
    await session.turnEnded();
    assert.equal(session.state, "idle");
    assert.ok(!existsSync(join(folder, "not-made")));
    const { metadata } = toolOf(session);
    assert.equal(metadata.decision, "deny");
    assert.equal(metadata.decision_message, "use make instead");
    assert.equal(metadata.status, "failed");
    assert.equal(session.text(), "went on");
    const told = requestsOf("denied with words").at(-1);
    assert.ok(JSON.stringify(told.body.messages).includes("use make instead"));
    await verify();
  });

  test("deny and interrupt: the tool does not run, and the turn ends", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.send("[[tool:touch not-made]][[say:never]] denied and ended");
    const [asked] = await session.asked();
    await session.answer(asked.id, "deny_interrupt");
    const done = await session.turnEnded();
    assert.equal(done.cancelled, true);
    assert.equal(session.state, "idle");
    assert.ok(!existsSync(join(folder, "not-made")));
    assert.equal(toolOf(session).metadata.decision, "deny_interrupt");
    await session.turn("and then");
    assert.ok(session.text().endsWith("Fake answer to: and then"));
    await verify();
  });

  test("allow always: the same is not asked again", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.send("[[tool:touch often]] first");
    const [asked] = await session.asked();
    await session.answer(asked.id, "allow_always");
    await session.turnEnded();
    assert.equal(session.state, "idle");
    await session.turn("[[tool:touch often]][[tool:touch also]] second");
    assert.equal(session.state, "idle");
    assert.ok(existsSync(join(folder, "also")));
    assert.equal(session.resolved.length, 1);
    await verify();
  });

  test("a question is answered, and the agent gets the answer; a wrong form is refused", async (t) => {
    const { session, projects, verify } = await room(t);
    await session.send("[[question:Which colour?|Red|Blue]][[say:thanks]] question");
    const [asked] = await session.asked();
    assert.equal(asked.kind, "question");
    assert.equal(asked.title, "Which colour?");
    assert.equal(asked.questions[0].options[1].label, "Blue");
    assert.equal(session.row.waiting_for, "question");
    assert.equal(projects.sessions.get(session.id).waiting_for, "question");
    refused(await session.answer(asked.id, "allow"), "INVALID_FIELD");
    refused(await session.answer(asked.id, "allow_always"), "INVALID_FIELD");
    const answers = { "Which colour?": "Blue" };
    assert.equal((await session.answer(asked.id, "allow", { answers })).status, "ok");
    await session.turnEnded();
    assert.equal(session.state, "idle");
    assert.equal(session.text(), "thanks");
    assert.deepEqual(toolOf(session).metadata.answers, answers);
    assert.match(toolOf(session).metadata.output, /"Which colour\?"="Blue"/);
    await verify();
  });

  test("cancel while it asks: what is open is closed, a late answer is refused, the next turn is good", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.send("[[tool:touch not-made]] cancelled");
    const [asked] = await session.asked();
    await session.cancel();
    const done = await session.turnEnded();
    assert.equal(done.cancelled, true);
    assert.equal(session.state, "idle");
    assert.equal(session.row.waiting_for, null);
    assert.deepEqual(session.resolved, [{ sessionId: session.id, id: asked.id, decision: null }]);
    refused(await session.answer(asked.id, "allow"), "ALREADY_ANSWERED");
    assert.ok(!existsSync(join(folder, "not-made")));
    await session.turn("after the cancel");
    assert.ok(session.text().endsWith("Fake answer to: after the cancel"));
    await verify();
  });

  test("tools called at once: each request is open until its own answer", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.send("[[tools:touch one|touch two]][[say:both]] parallel");
    const [first] = await session
      .until(() => session.permissions.length > 0, "a request")
      .then(() => session.permissions);
    await session.answer(first.id, "allow");
    const other = await session
      .until(() => session.permissions.some(({ id }) => id !== first.id), "the other request")
      .then(() => session.permissions[0]);
    assert.equal(session.row.waiting_for, "permission");
    await session.answer(other.id, "deny");
    await session.turnEnded();
    assert.equal(session.state, "idle");
    assert.deepEqual(["one", "two"].map((name) => existsSync(join(folder, name))).sort(), [false, true]);
    assert.equal(session.text(), "both");
    await verify();
  });

  test("failure 10: two browsers show it; one answers, it goes away in both, the other's answer is refused", async (t) => {
    const { session, folder, verify } = await room(t);
    const early = await beside(t, session);
    await session.send("[[tool:touch once; echo x >> count]] two browsers");
    const [asked] = await session.asked();
    const late = await beside(t, session); // a reload
    assert.deepEqual(late.permissions, [asked]);
    assert.deepEqual(await early.asked(), [asked]);
    const answers = await Promise.all([
      early.answer(asked.id, "allow"),
      late.answer(asked.id, "allow"),
      session.answer(asked.id, "allow"),
    ]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), ["error", "error", "ok"]);
    refused(
      answers.find(({ status }) => status === "error"),
      "ALREADY_ANSWERED",
    );
    for (const view of [session, early, late]) {
      await view.until(() => view.permissions.length === 0, "no request");
      await view.becomes("idle");
      assert.deepEqual(
        view.resolved.map(({ decision }) => decision),
        ["allow"],
      );
    }
    assert.equal(readFileSync(join(folder, "count"), "utf8"), "x\n");
    await verify();
  });

  test("over REST: an answer, the second, an unknown one, and a wrong body", async (t) => {
    const { session, verify } = await room(t);
    await session.send("[[tool:touch by-rest]] rest");
    const [asked] = await session.asked();
    const wrong = await rest(session, { id: asked.id, decision: "perhaps" });
    assert.equal(wrong.status, 422);
    const answers = await rest(session, { id: asked.id, decision: "allow", answers: {} });
    assert.equal(answers.status, 422);
    assert.deepEqual(
      await rest(session, { id: asked.id, decision: "allow" }).then(({ status, body }) => [status, body]),
      [200, {}],
    );
    for (const id of [asked.id, "unknown"]) {
      const again = await rest(session, { id, decision: "allow" });
      assert.equal(again.status, 409);
      assert.equal(again.body.error.code, "ALREADY_ANSWERED");
    }
    const long = await rest(session, { id: "x", decision: "deny", message: 5 });
    assert.equal(long.status, 422);
    await session.turnEnded();
    assert.equal(session.state, "idle");
    await verify();
  });

  test("claude dies while it asks: error, what was open is closed, and the next turn is good", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.send("[[tool:touch not-made]] dies");
    const [asked] = await session.asked();
    const [{ pid }] = muster.agents().filter((each) => readlinkSync(`/proc/${each.pid}/cwd`) === folder);
    kill(pid, "SIGKILL");
    await session.turnEnded();
    assert.equal(session.state, "error");
    assert.equal(session.row.waiting_for, null);
    assert.deepEqual(session.resolved, [{ sessionId: session.id, id: asked.id, decision: null }]);
    refused(await session.answer(asked.id, "allow"), "ALREADY_ANSWERED");
    await session.turn("after the death");
    assert.equal(session.state, "idle");
    await verify();
  });

  test("a session that is deleted while it asks is gone with what it asked", async (t) => {
    const { session } = await room(t);
    await session.send("[[tool:touch never]] deleted");
    const [asked] = await session.asked();
    await muster.ok("DELETE", `/api/sessions/${session.id}`);
    const { status, body } = await rest(session, { id: asked.id, decision: "allow" });
    assert.equal(status, 404);
    assert.equal(body.error.code, "SESSION_NOT_FOUND");
  });
});

describe("the queue", { concurrency: 2 }, () => {
  const held = async (t, mark) => {
    const opened = await room(t);
    await opened.session.send(`[[say:begun]][[wait:${mark}]] head ${mark}`);
    await opened.session.shows("begun");
    for (const name of ["one", "two", "three"])
      await opened.session.send(`${name} ${mark}`, `${mark}-${name}`);
    await opened.session.until(() => opened.session.queue.length === 3, "three prompts");
    return opened;
  };
  const users = (session) => session.said.filter(([kind]) => kind === "user").map(([, text]) => text);

  test("a prompt that waits is changed, moved and removed; every browser shows it, and it goes so", async (t) => {
    const { session, verify } = await held(t, "edit");
    const other = await beside(t, session);
    assert.equal((await session.editQueue("edit-one", { text: "changed edit" })).status, "ok");
    assert.equal((await session.editQueue("edit-three", { position: 1 })).status, "ok");
    assert.equal((await session.editQueue("edit-two", { remove: true })).status, "ok");
    const wanted = [
      ["edit-three", "three edit", 1],
      ["edit-one", "changed edit", 2],
    ];
    for (const view of [session, other]) {
      await view.until(() => view.row.queue_length === 2 && view.queue.length === 2, "two prompts");
      assert.deepEqual(
        view.queue.map(({ id, text, position }) => [id, text, position]),
        wanted,
      );
    }
    refused(await session.editQueue("edit-two", { text: "x" }), "PROMPT_NOT_QUEUED");
    refused(await session.editQueue("edit-one", {}), "INVALID_FIELD");
    refused(await session.editQueue("edit-one", { text: "  " }), "INVALID_FIELD");
    refused(await session.editQueue("edit-one", { position: 0 }), "INVALID_FIELD");
    refused(await session.editQueue("edit-one", { remove: true, now: true }), "INVALID_FIELD");
    refused(await session.editQueue("edit-one", { text: "x".repeat(1048577) }), "TOO_LARGE");
    const path = `/api/sessions/${session.id}/queue`;
    const { status, body } = await muster.api("POST", path, { id: "edit-one", position: 9 });
    assert.deepEqual([status, body], [200, {}]);
    model.release("edit");
    await session.until(
      () => users(session).length === 3 && session.state === "idle",
      "the queue to be done",
    );
    assert.deepEqual(users(session).slice(1), ["three edit", "changed edit"]);
    assert.equal(requestsOf("two edit").length, 0);
    await verify();
  });

  test("now: the turn is interrupted, that prompt goes next, and the others behind it", async (t) => {
    const { session, verify } = await held(t, "now");
    assert.equal((await session.editQueue("now-three", { now: true })).status, "ok");
    const first = await session.turnEnded();
    assert.equal(first.cancelled, true);
    await session.until(
      () => users(session).length === 4 && session.state === "idle",
      "the queue to be done",
    );
    assert.deepEqual(users(session).slice(1), ["three now", "one now", "two now"]);
    assert.match(session.text("notice"), /Interrupted for the prompt that follows/);
    assert.doesNotMatch(session.text("notice"), /wait in the queue/);
    await verify();
  });

  test("now while it asks: what is open is closed, and the prompt goes", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.send("[[tool:touch not-made]] asks");
    const [asked] = await session.asked();
    await session.send("rather this", "rather");
    await session.editQueue("rather", { now: true });
    await session.shows("Fake answer to: rather this");
    assert.deepEqual(session.resolved, [{ sessionId: session.id, id: asked.id, decision: null }]);
    assert.ok(!existsSync(join(folder, "not-made")));
    await session.becomes("idle");
    await verify();
  });

  test("failure 11: a prompt in the queue is sent though every browser is closed", async (t) => {
    const { session, client } = await held(t, "closed");
    await client.close();
    model.release("closed");
    await model.requested(({ prompt }) => prompt.includes("three closed"));
    const again = await beside(t, session);
    await again.becomes("idle");
    assert.deepEqual(users(again).slice(1), ["one closed", "two closed", "three closed"]);
    assert.equal(again.queue.length, 0);
    await again.verify(muster);
  });
});

test("the server is killed while claude asks: it still asks afterwards, and the answer reaches it once", async (t) => {
  const { session, folder, verify } = await room(t);
  await session.send("[[tool:echo x >> count]][[say:went on]] killed");
  const [asked] = await session.asked();
  await muster.restart({ signal: "SIGKILL" });
  const reply = await session.rejoined(2);
  assert.equal(reply.session.waiting_for, "permission");
  assert.equal(reply.session.state, "working");
  assert.deepEqual(reply.permissions, [asked]);
  assert.equal((await session.answer(asked.id, "allow")).status, "ok");
  await muster.restart({ signal: "SIGKILL" }); // the answer is stored: it is not lost, nor given twice
  await session.rejoined(3);
  await session.becomes("idle");
  assert.equal(readFileSync(join(folder, "count"), "utf8"), "x\n");
  assert.equal(session.text(), "went on");
  assert.equal(toolOf(session).metadata.decision, "allow");
  assert.equal(session.permissions.length, 0);
  await verify();
});

/** What Claude Code is told and tells beside its answers: modes, models, commands, plans, sub-agents. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireClaude } from "../lib/claude.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before, describe, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
/** @type {import("../lib/model-server.mjs").ModelServer} */
let model;
before(async () => {
  requireClaude();
  model = await startModelServer();
  muster = await startMuster(null, { model, env: { IS_SANDBOX: "1" } });
});
after(async () => {
  await muster.dispose();
  await model.close();
});

const room = (t, options) => openRoom(t, muster, { agent: "claude", ...options });
const configure = (session, options) => muster.ok("PATCH", `/api/sessions/${session.id}`, { options });
const requestOf = (mark) => model.turnRequests().find(({ prompt }) => prompt.includes(mark));
const tools = (session) => session.transcript.filter(({ kind }) => kind === "tool");
const toolNamed = (session, name) => tools(session).find(({ metadata }) => metadata.tool === name);
const plans = (session) => session.transcript.filter(({ kind }) => kind === "plan");
const facts = (session, name, wanted) =>
  session.until(() => session.row.metadata?.[name] === wanted, `the ${name} ${wanted}`);
const call = (name, input) => `[[call:${name} ${JSON.stringify(input)}]]`;

describe("claude's control protocol", { concurrency: 2 }, () => {
  test("the first turn tells the modes, models and commands that there are, and what is in use", async (t) => {
    const { session, verify } = await room(t);
    await session.turn("what is there?");
    const { modes, models, commands, mode, model: inUse, context } = session.row.metadata;
    assert.ok(modes.some(({ id }) => id === "plan"));
    assert.ok(models.some(({ id }) => id === "sonnet"));
    assert.ok(models.every(({ id, name }) => id && name));
    assert.ok(commands.some(({ name, description }) => name === "compact" && description));
    assert.equal(mode, "default");
    assert.match(inUse, /claude/);
    assert.ok(context.used > 0 && context.size >= context.used, JSON.stringify(context));
    await verify();
  });

  test("another mode and another model at run time count from the next turn on, in the same process", async (t) => {
    const { session, folder, verify } = await room(t);
    await session.turn("as it was");
    const [{ pid }] = muster.agents().filter(({ command }) => command === "claude");
    await configure(session, { permission_mode: "acceptEdits", model: "sonnet" });
    await facts(session, "mode", "acceptEdits");
    await session.turn("[[write:new.txt|not asked about]][[say:written]] other");
    assert.equal(session.text().endsWith("written"), true);
    assert.equal(readFileSync(join(folder, "new.txt"), "utf8"), "not asked about");
    assert.match(requestOf("other").body.model, /sonnet/);
    assert.doesNotMatch(requestOf("as it was").body.model, /sonnet/);
    assert.match(session.row.metadata.model, /sonnet/);
    assert.ok(muster.agents().some((each) => each.pid === pid), "the process is the same");
    await configure(session, {});
    await facts(session, "mode", "default");
    await session.send("[[write:more.txt|asked about]] back");
    const [asked] = await session.asked();
    assert.equal(asked.tool, "Write");
    await session.answer(asked.id, "deny", { message: "no" });
    await session.turnEnded();
    assert.ok(!existsSync(join(folder, "more.txt")));
    assert.doesNotMatch(requestOf("back").body.model, /sonnet/);
    await verify();
  });

  test("a mode that claude refuses: the next turn says so, and the mode in use stays told", async (t) => {
    const { session, verify } = await room(t);
    await session.turn("as it was");
    await configure(session, { permission_mode: "bypassPermissions" });
    await session.turn("and now?");
    assert.match(session.text("notice"), /"bypassPermissions": .*It is tried again when claude starts next/);
    assert.equal(session.row.metadata.mode, "default");
    assert.equal(session.state, "idle");
    await verify();
  });

  test("plan mode: the plan is asked about; denied, it is planned on; allowed, the mode ends", async (t) => {
    const { session, folder, verify } = await room(t, { options: { permission_mode: "plan" } });
    await session.send("[[plan:# The plan]][[say:thought again]] first plan");
    const [first] = await session.asked();
    assert.equal(first.kind, "permission");
    assert.equal(first.title, "ExitPlanMode: Approve this plan and let claude carry it out?");
    assert.equal(first.input.plan, "# The plan");
    assert.equal(session.row.metadata.mode, "plan");
    assert.equal(toolNamed(session, "ExitPlanMode").metadata.input.plan, "# The plan");
    await session.answer(first.id, "deny", { message: "think again" });
    await session.turnEnded();
    assert.equal(session.row.metadata.mode, "plan");
    assert.equal(toolNamed(session, "ExitPlanMode").metadata.status, "failed");
    await session.send("[[plan:# Another]][[say:off we go]] second plan");
    const [second] = await session.asked();
    await session.answer(second.id, "allow");
    await session.turnEnded();
    assert.equal(session.row.metadata.mode, "default");
    assert.equal(session.text(), "thought againoff we go");
    assert.ok(!existsSync(join(folder, "new.txt")));
    await verify();
  });

  test("a plan that is allowed for good: claude's edits are not asked about from then on", async (t) => {
    const { session, folder, verify } = await room(t, { options: { permission_mode: "plan" } });
    await session.send("[[plan:# The plan]][[write:done.txt|as planned]][[say:done]] always");
    const [asked] = await session.asked();
    assert.deepEqual(asked.suggestions, [{ type: "setMode", mode: "acceptEdits", destination: "session" }]);
    await session.answer(asked.id, "allow_always");
    await session.turnEnded();
    assert.equal(session.state, "idle", session.row.error_message);
    assert.equal(readFileSync(join(folder, "done.txt"), "utf8"), "as planned");
    assert.equal(session.row.metadata.mode, "acceptEdits");
    await verify();
  });

  test("claude's list of things to do is one plan, and no tool calls", async (t) => {
    const { session, verify } = await room(t);
    const steps = [
      call("TaskCreate", { subject: "Look", description: "d" }),
      call("TaskCreate", { subject: "Write", description: "d" }),
      call("TaskUpdate", { taskId: "1", status: "completed" }),
      call("TaskUpdate", { taskId: "2", status: "in_progress" }),
    ];
    await session.turn(`${steps.join("")}[[say:planned]] list`);
    assert.equal(session.text(), "planned");
    assert.equal(plans(session).length, 1);
    assert.deepEqual(plans(session)[0].metadata.plan, [
      { text: "Look", status: "completed" },
      { text: "Write", status: "in_progress" },
    ]);
    assert.deepEqual(tools(session), []);
    await session.turn(`${call("TaskUpdate", { taskId: "2", status: "completed" })}[[say:, done]] rest`);
    assert.deepEqual(
      plans(session)[1].metadata.plan.map(({ status }) => status),
      ["completed", "completed"],
    );
    await verify();
  });

  test("what edits change is in their records", async (t) => {
    const { session, verify } = await room(t, { options: { permission_mode: "acceptEdits" } });
    await session.turn("[[write:f.txt|one\ntwo\n]][[edit:f.txt|one|three]][[say:edited]] edits");
    assert.deepEqual(toolNamed(session, "Write").metadata.diffs, [
      { path: "f.txt", old: null, new: "one\ntwo\n" },
    ]);
    assert.deepEqual(toolNamed(session, "Edit").metadata.diffs, [
      { path: "f.txt", patch: "@@ -1,2 +1,2 @@\n-one\n+three\n two\n" },
    ]);
    await verify();
  });

  test("a sub-agent's tool calls are within its own; its words are in its result alone", async (t) => {
    const { session, verify } = await room(t, { options: { permission_mode: "acceptEdits" } });
    await session.turn("[[task:look ((tool:ls)) ((say:found by another))]][[say:the answer]] sub");
    assert.equal(session.text(), "the answer");
    const outer = tools(session).find(({ metadata }) => !metadata.parent);
    const inner = toolNamed(session, "Bash");
    assert.equal(inner.metadata.parent, outer.metadata.tool_id);
    assert.match(outer.metadata.output, /found by another/);
    assert.deepEqual([outer.metadata.status, inner.metadata.status], ["done", "done"]);
    await verify();
  });

  test("a turn that claude begins by itself is one: working until it ends, and prompts wait for it", async (t) => {
    const { session, projects, folder, verify } = await room(t, { options: { permission_mode: "bypassPermissions" } });
    // What claude is told of the command's end names the command, and so says how it is answered.
    const answered = "# ((wait:own-turn))((say:. Its own))";
    const command = `until [ -e ${folder}/go ]; do sleep 0.05; done ${answered}`;
    await session.turn(`${call("Bash", { command, run_in_background: true })}[[say:begun]] background`);
    const facts = () => session.transcript.flatMap(({ kind, metadata }) => (kind === "user" ? [metadata.turn] : []));
    const [first] = facts();
    assert.equal(first.outcome, "done");
    assert.ok(first.model && first.usage.output_tokens > 0, JSON.stringify(first));
    writeFileSync(join(folder, "go"), "");
    await session.until(() => session.state === "working", "the turn of its own to begin");
    await model.waiting("own-turn");
    assert.equal(projects.sessions.get(session.id).state, "working");
    const { queued } = await session.send("[[say:. Mine]] own");
    assert.equal(queued, true, "a prompt waits for its end");
    model.release("own-turn");
    await session.until(() => /\. Mine$/.test(session.text()), "the answer to the prompt");
    await session.until(() => session.state === "idle", "the end of both");
    assert.equal(session.text(), "begun. Its own. Mine");
    const [same, mine, ...none] = facts();
    assert.deepEqual([same, mine.outcome, none], [first, "done", []], "claude's own turn is told of in no prompt");
    assert.ok(mine.started_at > first.ended_at);
    await verify();
  });

  test("a turn that claude begins by itself does not end the turn of a prompt", async (t) => {
    const { session, folder, verify } = await room(t, { options: { permission_mode: "bypassPermissions" } });
    const wait = { command: `until [ -e ${folder}/go ]; do sleep 0.05; done`, run_in_background: true };
    await session.turn(`${call("Bash", wait)}[[say:begun]] background`);
    await session.turn("[[tool:touch go]][[say:. Touched]] go");
    await session.shows("task-notification");
    await session.becomes("idle"); // else the end that comes next may be the notification's, and the prompt waits for it
    await session.turn("[[say:. Mine]] own");
    assert.equal(session.state, "idle");
    assert.match(session.text(), /\. Mine$/);
    assert.equal(requestOf("own").state, "answered");
    await verify();
  });
});

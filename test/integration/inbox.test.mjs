/** The topic `inbox`: what the agents of all sessions wait for, whole and at any moment. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakeAcp } from "../lib/fake-acp.mjs";
import { startMuster } from "../lib/muster.mjs";
import { ok, read, readUntilHeartbeat, unmatched } from "../lib/phoenix-raw.mjs";
import { connect } from "../lib/phoenix.mjs";
import { openWebSocket } from "../lib/raw.mjs";
import { test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

const PAGE_BYTES = 2_097_152;
const MESSAGE_BYTES = 262_144;

async function open(t, options = {}) {
  const folder = mkdtempSync(join(tmpdir(), "muster-inbox-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const muster = await startMuster(t, { env: fakeAcp(folder).env, ...options });
  const { id: projectId } = await muster.ok("POST", "/api/projects", { path: muster.project });
  const addSession = async () => (await muster.newSession("opencode", { projectId })).sessionId;
  const prompt = (id, text) => muster.ok("POST", `/api/sessions/${id}/messages`, { id: randomUUID(), text });
  const answer = (request, decision) =>
    muster.ok("POST", `/api/sessions/${request.session_id}/answer`, { id: request.id, decision });
  return { muster, projectId, addSession, prompt, answer };
}

/** Follows the topic with the official client, by the book. */
class Inbox {
  requests = [];
  joins = 0;
  resolved = [];

  constructor(client) {
    this.channel = client.channel("inbox");
    const { channel } = this.channel;
    channel.joinPush.receive("ok", ({ requests }) => {
      this.requests = requests;
      this.joins += 1;
    });
    const hear = channel.onMessage;
    channel.onMessage = (event, payload, ...rest) => {
      if (event === "permission_requested") this.requests = [...this.requests, payload.permission];
      if (event === "permission_resolved") {
        this.resolved.push(payload);
        this.requests = this.requests.filter(
          ({ session_id, id }) => session_id !== payload.sessionId || id !== payload.id,
        );
      }
      return hear(event, payload, ...rest);
    };
  }

  has(count) {
    return poll(() => this.requests.length === count && this.requests, `${count} requests in the inbox`);
  }
}

async function follow(t, muster, options) {
  const inbox = new Inbox(connect(t, muster, options));
  await inbox.channel.joined();
  return inbox;
}

test("it has what every session waits for, oldest first, and hears of each answer", async (t) => {
  const { muster, addSession, prompt, answer } = await open(t);
  const inbox = await follow(t, muster);
  assert.deepEqual(inbox.requests, []);
  const [one, two, three] = [await addSession(), await addSession(), await addSession()];
  for (const [at, id] of [two, one, three].entries()) {
    await prompt(id, "ask ask say:done");
    await inbox.has(at + 1);
  }
  assert.deepEqual(inbox.requests.map(({ session_id }) => session_id), [two, one, three]);
  const late = await follow(t, muster, { version: "1.7" });
  assert.deepEqual(late.requests, inbox.requests);
  const session = connect(t, muster).channel(`session:${one}`);
  const { permissions } = await session.joined();
  assert.deepEqual(permissions, inbox.requests.filter(({ session_id }) => session_id === one));
  await answer(inbox.requests[0], "allow");
  await poll(() => inbox.resolved.length === 1, "the answer");
  assert.equal(inbox.resolved[0].decision, "allow");
  await inbox.has(3); // it asks for the next
  await late.has(3);
  assert.deepEqual(late.requests, inbox.requests);
  assert.deepEqual(inbox.requests.map(({ session_id }) => session_id), [one, three, two]);
  const { status, response } = await session.push("answer_permission", { id: permissions[0].id, decision: "deny" });
  assert.equal(status, "ok", JSON.stringify(response));
  await poll(() => inbox.resolved.length === 2, "the answer over the channel");
  assert.deepEqual(inbox.resolved[1], { sessionId: one, id: permissions[0].id, decision: "deny" });
});

test("what nobody answers goes too: a cancel, a deleted session, a deleted project, an agent that dies", async (t) => {
  const { muster, addSession, prompt } = await open(t);
  const folder = join(muster.dir, "other");
  mkdirSync(folder);
  const { id: otherId } = await muster.ok("POST", "/api/projects", { path: folder });
  const inbox = await follow(t, muster);
  const [cancelled, deleted, killed] = [await addSession(), await addSession(), await addSession()];
  const gone = [];
  for (let n = 0; n < 2; n += 1) gone.push((await muster.newSession("opencode", { projectId: otherId })).sessionId);
  await prompt(killed, "ask");
  await inbox.has(1);
  const [agent] = muster.agents();
  for (const [at, id] of [cancelled, deleted, ...gone].entries()) {
    await prompt(id, "ask hang");
    await inbox.has(at + 2);
  }
  const nobody = (sessionId) => inbox.resolved.some((each) => each.sessionId === sessionId && each.decision === null);
  await muster.ok("POST", `/api/sessions/${cancelled}/cancel`);
  await muster.ok("DELETE", `/api/sessions/${deleted}`);
  await inbox.has(3);
  assert.ok(nobody(cancelled) && nobody(deleted));
  await muster.ok("DELETE", `/api/projects/${otherId}`);
  await inbox.has(1);
  assert.ok(gone.every(nobody));
  process.kill(agent.pid, "SIGKILL");
  await inbox.has(0);
  assert.ok(nobody(killed));
  assert.deepEqual((await follow(t, muster)).requests, []);
});

test("the server is killed while agents ask: who comes back has the same list, and can answer it", async (t) => {
  const { muster, addSession, prompt, answer } = await open(t);
  const inbox = await follow(t, muster, { socket: { reconnectAfterMs: () => 50, rejoinAfterMs: () => 50 } });
  const sessions = [await addSession(), await addSession()];
  for (const [at, id] of sessions.entries()) {
    await prompt(id, "ask say:on");
    await inbox.has(at + 1);
  }
  const before = inbox.requests;
  await muster.restart({ signal: "SIGKILL" });
  const after = await follow(t, muster);
  assert.deepEqual(after.requests, before);
  await answer(before[0], "deny");
  await after.has(1);
  await muster.ok("DELETE", `/api/sessions/${sessions[1]}`);
  await after.has(0);
});

test("a join at any moment: its reply and the pushes after it are the whole truth", async (t) => {
  const { muster, addSession, prompt, answer } = await open(t);
  const witness = await follow(t, muster);
  const sessions = [];
  for (let n = 0; n < 3; n += 1) sessions.push(await addSession());
  const rounds = 15;
  let answered = 0;
  const left = new Map(sessions.map((id) => [id, rounds - 1]));
  witness.channel.events.each(({ event, payload }) => {
    if (event !== "permission_requested" || left.get(payload.sessionId) === 0) return;
    left.set(payload.sessionId, left.get(payload.sessionId) - 1);
    answered += 1;
    answer(payload.permission, answered % 2 ? "allow" : "deny").catch(() => {});
  });
  await Promise.all(sessions.map((id) => prompt(id, "ask ".repeat(rounds))));
  const joined = [];
  while ([...left.values()].some((count) => count > 0)) joined.push(await follow(t, muster));
  await witness.has(3);
  assert.ok(joined.length > 3, `${joined.length} joins`);
  for (const inbox of joined) {
    await poll(() => inbox.requests.length === witness.requests.length, "the same requests");
    assert.deepEqual(new Set(inbox.requests.map(({ session_id, id }) => `${session_id} ${id}`)).size, 3);
    assert.deepEqual(inbox.requests, witness.requests);
  }
});

test("what is large is left out, of one request and of all of them together", async (t) => {
  const { muster, addSession, prompt } = await open(t);
  const inbox = await follow(t, muster);
  const big = MESSAGE_BYTES - 1000;
  const sizes = [MESSAGE_BYTES + 1, ...Array.from({ length: 9 }, () => big)];
  for (const [at, size] of sizes.entries()) {
    await prompt(await addSession(), `ask:${size}`);
    await inbox.has(at + 1);
  }
  assert.deepEqual(inbox.requests.map(({ input }) => input?.pad.length ?? 0), [0, ...sizes.slice(1)]);
  const { requests } = await follow(t, muster);
  assert.deepEqual(
    requests.map(({ input }) => input?.pad.length ?? 0),
    [0, ...Array.from({ length: 8 }, () => big), 0],
  );
  assert.ok(JSON.stringify(requests).length < PAGE_BYTES + 20_000);
  assert.ok(requests.every(({ title }) => title.includes("rm -r /")));
});

test("a connection that has much unsent gets every request, though other pushes are left out", async (t) => {
  const { muster, addSession, prompt, answer } = await open(t, { args: ["--bench-topics"] });
  const ws = await openWebSocket(t, muster.port, { token: muster.token });
  const writer = await openWebSocket(t, muster.port, { token: muster.token });
  await ws.call("inbox", "phx_join");
  await ws.call("bench:flood", "phx_join");
  await writer.call("bench:flood", "phx_join");
  const witness = await follow(t, muster);
  const session = await addSession();
  const dropped = async () => {
    const { text } = await muster.api("GET", "/metrics");
    return Number(/^muster_deliveries_dropped_total (\d+)$/m.exec(text)?.[1]);
  };
  const before = await dropped();
  assert.ok(Number.isInteger(before), "the metric is there");
  ws.raw.socket.pause();
  let sent = 0;
  await poll(async () => {
    for (let n = 0; n < 200; n += 1) writer.json(["1", `${(sent += 1)}`, "bench:flood", "update", { pad: "x".repeat(20_000) }]);
    return (await dropped()) > before;
  }, "pushes to be left out");
  await prompt(session, "ask ask");
  const [first] = await witness.has(1);
  await answer(first, "allow");
  await poll(() => witness.resolved.length === 1 && witness.requests.length === 1, "the second request");
  ws.raw.socket.resume();
  const seen = (await readUntilHeartbeat(ws)).filter(
    ([, , topic, event]) => topic === "inbox" && event !== "phx_reply",
  );
  assert.deepEqual(
    seen.map(([joinRef, ref, , event, { sessionId }]) => [joinRef, ref, event, sessionId]),
    ["permission_requested", "permission_resolved", "permission_requested"].map((event) => [null, null, event, session]),
  );
});

test("37 to 45: it joins, leaves and joins again as the other topics do", async (t) => {
  const { muster } = await open(t);
  const ws = await openWebSocket(t, muster.port, { token: muster.token });
  ws.json(["1", "1", "inbox:all", "phx_join", {}]);
  assert.deepEqual(await read(ws), unmatched("1", "inbox:all"));
  ws.json(["1", "2", "inbox", "anything", {}]);
  assert.deepEqual(await read(ws), unmatched("2", "inbox"));
  ws.json(["3", "3", "inbox", "phx_join", {}]);
  assert.deepEqual(await read(ws), ok("3", "3", "inbox", { requests: [] }));
  ws.json(["3", "4", "inbox", "anything", {}]);
  const [joinRef, ref, topic, event, { status, response }] = await read(ws);
  assert.deepEqual([joinRef, ref, topic, event, status], ["3", "4", "inbox", "phx_reply", "error"]);
  assert.equal(response.code, "UNKNOWN_EVENT");
  ws.json(["5", "5", "inbox", "phx_join", {}]);
  assert.deepEqual(await read(ws), ok("5", "5", "inbox", { requests: [] }));
  assert.deepEqual(await read(ws), ["3", "3", "inbox", "phx_close", {}]);
  ws.json(["3", "6", "inbox", "phx_leave", {}]); // of the join that is over
  assert.deepEqual(await readUntilHeartbeat(ws), []);
  ws.json(["5", "7", "inbox", "phx_leave", {}]);
  assert.deepEqual(await read(ws), ok("5", "7", "inbox"));
  assert.deepEqual(await read(ws), ["5", "5", "inbox", "phx_close", {}]);
  ws.json(["5", "8", "inbox", "anything", {}]);
  assert.deepEqual(await read(ws), unmatched("8", "inbox"));
});

/**
 * The Phoenix Channels protocol as raw frames: joins, leaves, events and closing. The number in a
 * test's name is that of the statement in the protocol notes that it pins; which are left out, and
 * where the others are, stands in phoenix-conformance.test.mjs.
 */
import assert from "node:assert/strict";
import { startMuster } from "../lib/muster.mjs";
import {
  assertSynced,
  joinBench,
  joinProjects,
  ok,
  read,
  readUntilHeartbeat,
  unmatched,
} from "../lib/phoenix-raw.mjs";
import { OP, openWebSocket } from "../lib/raw.mjs";
import { after, before, test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

const TOPICS = 100;
const NO_SESSION = "00000000-0000-7000-8000-000000000000";
let muster;

before(async () => {
  muster = await startMuster(null, { args: ["--bench-topics"] });
});
after(() => muster.dispose());

const open = (t, options = {}) => openWebSocket(t, muster.port, { token: muster.token, ...options });
const openV1 = (t) => open(t, { path: "/socket/websocket?vsn=1.0.0" });

async function metric(name) {
  const { text } = await muster.api("GET", "/metrics");
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)[1]);
}

/* ---- join ---- */

test("37: the reply to a join comes before anything else of that join", async (t) => {
  const [ws, busy] = [await open(t), await open(t)];
  await joinBench(busy, "bench:37");
  for (let n = 0; n < 200; n += 1) busy.json(["1", `${n}`, "bench:37", "count", { n }]);
  ws.json(["4", "4", "bench:37", "phx_join", {}]);
  assert.deepEqual(await read(ws), ok("4", "4", "bench:37"));
});

test("38: an unknown topic is refused with join_ref null; the connection stays", async (t) => {
  const ws = await open(t);
  for (const topic of ["nowhere", "projects2", "session:", "session:a/b", "Projects", ""]) {
    ws.json(["1", "5", topic, "phx_join", {}]);
    assert.deepEqual(await read(ws), unmatched("5", topic));
  }
  await joinBench(ws, "bench:38");
});

test("39: a refused join echoes its join_ref, and the topic is not joined", async (t) => {
  const ws = await open(t);
  const topic = `session:${NO_SESSION}`;
  ws.json(["1", "5", topic, "phx_join", {}]);
  const [joinRef, ref, , , { status, response }] = await read(ws);
  assert.deepEqual([joinRef, ref, status, response.code], ["1", "5", "error", "SESSION_NOT_FOUND"]);
  assert.ok(response.message.length > 0);
  ws.json(["1", "6", topic, "cancel", {}]);
  assert.deepEqual(await read(ws), unmatched("6", topic));
});

test("41: the 101st topic is refused, and the others stay", async (t) => {
  const server = await startMuster(t);
  const { projectId } = await server.newSession("shell");
  const ws = await openWebSocket(t, server.port, { token: server.token });
  const topics = [];
  for (let n = 0; n <= TOPICS; n += 1) {
    topics.push(`session:${(await server.newSession("shell", { projectId })).sessionId}`);
  }
  const join = async (topic, ref) => {
    ws.json([ref, ref, topic, "phx_join", {}]);
    return (await read(ws))[4];
  };
  for (const topic of topics.slice(0, TOPICS)) assert.equal((await join(topic, topic)).status, "ok");
  const response = { reason: "too many channels joined" };
  assert.deepEqual(await join(topics[TOPICS], "x"), { status: "error", response });
  assert.equal((await ws.call(topics[0], "sync", {}, topics[0])).status, "ok", "the first is still there");
  assert.equal((await join(topics[7], "y")).status, "ok", "a joined topic may be joined anew");
});

test("42: a topic is matched exactly, or by its prefix, which may be all of it", async (t) => {
  const ws = await open(t);
  await joinBench(ws, "bench:");
  ws.json(["1", "5", "bench", "phx_join", {}]);
  assert.deepEqual(await read(ws), unmatched("5", "bench"));
});

test("43: a V1 client that never sends a join_ref can join, push and leave", async (t) => {
  const ws = await openV1(t);
  const topic = "projects";
  const send = (event, ref, more = {}) => ws.json({ topic, event, payload: {}, ref, ...more });
  send("phx_join", "1");
  assert.equal((await read(ws)).payload.status, "ok");
  send("sync", "2");
  const reply = await read(ws);
  assert.deepEqual([reply.ref, reply.payload.status], ["2", "ok"]);
  send("sync", "3", { join_ref: "99" });
  send("phx_leave", "4");
  const left = { topic, event: "phx_reply", payload: { status: "ok", response: {} }, ref: "4" };
  assert.deepEqual(await read(ws), left, "the event of another join was dropped");
  assert.deepEqual(await read(ws), { topic, event: "phx_close", payload: {}, ref: "1" });
});

test("44: join params of any JSON type are survived", async (t) => {
  const ws = await open(t);
  const values = [null, true, 5, "text", [], [1], {}, { since: null }, { since_seq: null }];
  const wrong = [
    { since: 5 },
    { since: {} },
    { since: { epoch: 1, rev: "x" } },
    { since: { epoch: "e", rev: 1.5 } },
  ];
  for (const params of [...values, ...wrong]) {
    ws.json(["1", "1", "projects", "phx_join", params]);
    const [, , , event, { status, response }] = await read(ws);
    const expected = wrong.includes(params) ? "error" : "ok";
    assert.deepEqual([event, status], ["phx_reply", expected], JSON.stringify(params));
    if (status === "error") assert.equal(response.code, "INVALID_FIELD");
    await readUntilHeartbeat(ws);
  }
});

test("45: a topic that was left can be joined again", async (t) => {
  const ws = await open(t);
  await joinBench(ws, "bench:45", "1");
  ws.json(["1", "2", "bench:45", "phx_leave", {}]);
  await readUntilHeartbeat(ws);
  await joinBench(ws, "bench:45", "3");
  ws.json(["3", "4", "bench:45", "hello", {}]);
  assert.deepEqual(await read(ws), ok("3", "4", "bench:45"));
});

/* ---- duplicate join ---- */

test("46, 48: a second join answers, closes the first, and leaves one subscription", async (t) => {
  const ws = await open(t);
  const topic = "bench:46";
  await joinBench(ws, topic, "1");
  ws.json(["2", "2", topic, "phx_join", {}]);
  assert.deepEqual(await read(ws), ok("2", "2", topic));
  assert.deepEqual(await read(ws), ["1", "1", topic, "phx_close", {}]);
  ws.json(["2", "4", topic, "new", {}]);
  assert.deepEqual(await readUntilHeartbeat(ws), [ok("2", "4", topic), [null, null, topic, "new", {}]]);
});

test("47: after a second join, events of the first are ignored", async (t) => {
  const ws = await open(t);
  await joinProjects(ws, "1");
  await joinProjects(ws, "2");
  assert.deepEqual(await read(ws), ["1", "1", "projects", "phx_close", {}]);
  ws.json(["1", "3", "projects", "sync", {}]);
  ws.json(["2", "4", "projects", "sync", {}]);
  const seen = await readUntilHeartbeat(ws);
  assert.equal(seen.length, 1);
  assertSynced(seen[0], ["2", "4"]);
});

test("49: where the second join is refused, the first is closed nevertheless", async (t) => {
  const ws = await open(t);
  ws.json(["1", "1", "projects", "phx_join", {}]);
  assert.equal((await read(ws))[4].status, "ok");
  ws.json(["2", "2", "projects", "phx_join", { since: 5 }]);
  assert.equal((await read(ws))[4].status, "error");
  assert.deepEqual(await read(ws), ["1", "1", "projects", "phx_close", {}]);
  ws.json(["2", "3", "projects", "sync", {}]);
  assert.deepEqual(await read(ws), unmatched("3", "projects"));
});

test("50: one topic on two sockets is two subscriptions", async (t) => {
  const [one, two] = [await open(t), await open(t)];
  await joinBench(one, "bench:50", "1");
  await joinBench(two, "bench:50", "1");
  two.json(["1", "2", "bench:50", "phx_leave", {}]);
  await readUntilHeartbeat(two);
  one.json(["1", "2", "bench:50", "hello", {}]);
  assert.deepEqual(await read(one), ok("1", "2", "bench:50"));
  assert.deepEqual(await read(one), [null, null, "bench:50", "hello", {}]);
  assert.deepEqual(await readUntilHeartbeat(two), []);
});

/* ---- leave ---- */

test("51, 55: a leave is answered, then closed; nothing is delivered after it", async (t) => {
  const [ws, other] = [await open(t), await open(t)];
  const topic = "bench:51";
  await joinBench(ws, topic, "1");
  await joinBench(other, topic, "1");
  ws.json(["1", "2", topic, "phx_leave", {}]);
  assert.deepEqual(await read(ws), ok("1", "2", topic));
  assert.deepEqual(await read(ws), ["1", "1", topic, "phx_close", {}]);
  other.json(["1", "2", topic, "hello", {}]);
  await readUntilHeartbeat(other);
  assert.deepEqual(await readUntilHeartbeat(ws), []);
  await joinProjects(ws, "4");
  ws.json(["4", "5", "projects", "phx_leave", {}]);
  ws.json(["4", "6", "projects", "sync", {}]);
  const closed = ["4", "4", "projects", "phx_close", {}];
  const left = [ok("4", "5", "projects"), closed, unmatched("6", "projects")];
  assert.deepEqual(await readUntilHeartbeat(ws), left);
});

test("52: a leave of another join is ignored", async (t) => {
  const ws = await open(t);
  await joinBench(ws, "bench:52", "2");
  ws.json(["1", "3", "bench:52", "phx_leave", {}]);
  assert.deepEqual(await readUntilHeartbeat(ws), []);
  ws.json(["2", "4", "bench:52", "hello", {}]);
  assert.deepEqual(await read(ws), ok("2", "4", "bench:52"));
});

test("53: a leave with join_ref null is honoured", async (t) => {
  const ws = await open(t);
  await joinBench(ws, "bench:53", "2");
  ws.json([null, "3", "bench:53", "phx_leave", {}]);
  assert.deepEqual(await read(ws), ok("2", "3", "bench:53"));
  assert.deepEqual(await read(ws), ["2", "2", "bench:53", "phx_close", {}]);
});

test("54: a leave of a topic that is not joined is answered ok", async (t) => {
  const ws = await open(t);
  for (const topic of ["bench:54", "nowhere"]) {
    ws.json(["1", "3", topic, "phx_leave", {}]);
    assert.deepEqual(await read(ws), ok("1", "3", topic));
  }
});

/* ---- events, replies, broadcasts ---- */

test("56: an event on a topic that is not joined is an unmatched topic", async (t) => {
  const ws = await open(t);
  ws.json(["1", "3", "projects", "sync", {}]);
  assert.deepEqual(await read(ws), unmatched("3", "projects"));
});

test("57, 58: an event of another join is dropped, one with join_ref null delivered", async (t) => {
  const ws = await open(t);
  await joinProjects(ws, "5");
  ws.json(["4", "6", "projects", "sync", {}]);
  ws.json([null, "7", "projects", "sync", {}]);
  const seen = await readUntilHeartbeat(ws);
  assert.equal(seen.length, 1);
  assertSynced(seen[0], [null, "7"]);
});

test("60: a reply without a payload has response {}", async (t) => {
  const ws = await open(t);
  await joinBench(ws, "bench:60");
  assert.deepEqual(await ws.call("bench:60", "hello", {}, "1"), { status: "ok", response: {} });
});

test("61: an event that a topic does not take is refused by name, not ignored", async (t) => {
  const ws = await open(t);
  ws.json(["1", "1", "projects", "phx_join", {}]);
  await read(ws);
  const { status, response } = await ws.call("projects", "no_such_event", {}, "1");
  assert.deepEqual([status, response.code], ["error", "UNKNOWN_EVENT"]);
});

test("63, 66: a broadcast has its form in V1 and in V2, with the same payload", async (t) => {
  const [v2, v1] = [await open(t), await openV1(t)];
  const topic = "bench:63";
  await joinBench(v2, topic);
  v1.json({ topic, event: "phx_join", payload: {}, ref: "1" });
  await read(v1);
  const payload = { text: 'ü "€"\\ \u2028', deep: [{ a: null }], n: 12345678901234 };
  v2.json(["1", "2", topic, "said", payload]);
  assert.deepEqual(await read(v2), ok("1", "2", topic));
  assert.deepEqual(await read(v2), [null, null, topic, "said", payload]);
  assert.deepEqual(await read(v1), { topic, event: "said", payload, ref: null });
});

test("67: broadcasts of one writer arrive in their order", async (t) => {
  const [writer, reader] = [await open(t), await open(t)];
  await joinBench(reader, "bench:67");
  await joinBench(writer, "bench:67");
  for (let n = 0; n < 500; n += 1) writer.json(["1", `${n}`, "bench:67", "count", { n }]);
  for (let n = 0; n < 500; n += 1) {
    assert.deepEqual(await read(reader), [null, null, "bench:67", "count", { n }]);
  }
});

test("68: a payload that is no object is not broadcast", async (t) => {
  const ws = await open(t);
  await joinBench(ws, "bench:68");
  for (const payload of [null, 5, "text", [1]]) {
    const { status } = await ws.call("bench:68", "hello", payload, "1");
    assert.equal(status, "error", JSON.stringify(payload));
  }
  assert.ok((await readUntilHeartbeat(ws)).every(([, ref]) => ref !== null));
});

/* ---- closing ---- */

test("75: a client's close is answered with a close frame, and its channels end", async (t) => {
  const before = await metric("muster_subscriptions");
  for (const [payload, code] of [
    [[], undefined],
    [[0x03, 0xe8], 1000],
    [[0x0f, 0xa0], 1000],
  ]) {
    const ws = await open(t);
    await joinBench(ws, "bench:75");
    ws.frame(OP.close, Buffer.from(payload));
    const frame = await ws.closeFrame();
    assert.ok(frame !== null && frame.code === code, JSON.stringify(frame));
    await ws.raw.ended();
  }
  await poll(async () => (await metric("muster_subscriptions")) === before, "the channels to end");
});

test("76: a reset without a close frame cleans up the same", async (t) => {
  const before = await metric("muster_subscriptions");
  const ws = await open(t);
  await joinBench(ws, "bench:76");
  assert.equal(await metric("muster_subscriptions"), before + 1);
  ws.raw.reset();
  await poll(async () => (await metric("muster_subscriptions")) === before, "the subscription to end");
});

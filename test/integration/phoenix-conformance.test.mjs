/**
 * The Phoenix Channels protocol as raw frames: what any client may rely on. The number in a test's
 * name is that of the statement in the protocol notes that it pins. What the official clients make
 * of it is in phoenix-clients.test.mjs, which has 70 and 77 to 83.
 *
 * Left out, since muster has no such thing:
 *   10      Origin patterns: the only origin that is allowed is the server's own
 *   23-25, 27 (encoders), 84   binary messages to the client: no channel sends one; the encoders
 *           have unit tests
 *   40, 69, 71, 81   a channel that crashes alone: a channel is no process here
 *   59, 61, 62, 65   replies out of order, events that an application ignores, statuses of its
 *           own, broadcast_from: an application's choice, and muster's is to answer every event
 *   72      forced disconnect of a user
 * Elsewhere: 34, 35 and 64 in fanout.test.mjs, 73 and 74 in cli.test.mjs. For 9
 * the answer is 403 as it must be, with an error body that says why; for 12 it is 401.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startMuster } from "../lib/muster.mjs";
import { encodeFrame, OP, openWebSocket, refusedWebSocket } from "../lib/raw.mjs";
import { after, before, test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

const FRAME_BYTES = 2_162_688;
const TOPICS = 100;
const NO_SESSION = "00000000-0000-7000-8000-000000000000";
let muster;

before(async () => {
  muster = await startMuster(null, { args: ["--bench-topics"] });
});
after(() => muster.dispose());

const open = (t, options = {}) => openWebSocket(t, muster.port, { token: muster.token, ...options });
const openV1 = (t) => open(t, { path: "/socket/websocket?vsn=1.0.0" });
const refused = (t, options = {}) =>
  refusedWebSocket(t, muster.port, { token: muster.token, ...options });

/** The next frame's JSON. */
async function read(ws) {
  const frame = await ws.next();
  assert.equal(frame.opcode, OP.text, `not a text frame: ${JSON.stringify(frame)}`);
  return frame.json;
}

/** Everything the server had to say before it answered this heartbeat. */
async function readUntilHeartbeat(ws) {
  const ref = `beat${Math.random()}`;
  ws.json([null, ref, "phoenix", "heartbeat", {}]);
  const seen = [];
  for (;;) {
    const message = await read(ws);
    if (message[1] === ref) return seen;
    seen.push(message);
  }
}

const ok = (joinRef, ref, topic, response = {}) => [
  joinRef,
  ref,
  topic,
  "phx_reply",
  { status: "ok", response },
];
const unmatched = (ref, topic) => [
  null,
  ref,
  topic,
  "phx_reply",
  { status: "error", response: { reason: "unmatched topic" } },
];

async function joinBench(ws, topic, ref = "1") {
  ws.json([ref, ref, topic, "phx_join", {}]);
  assert.deepEqual(await read(ws), ok(ref, ref, topic));
}

async function assertClosed(ws, code) {
  const frame = await ws.closeFrame();
  assert.equal(frame?.code, code);
  await ws.raw.ended();
}

/* ---- handshake ---- */

test("1: a handshake is answered 101 with the right Sec-WebSocket-Accept", async (t) => {
  const ws = await open(t);
  assert.match(ws.handshake.headers.upgrade, /^websocket$/i);
  assert.match(ws.handshake.headers.connection, /upgrade/i);
});

for (const [path, speaks] of [
  ["/socket/websocket", "V1"],
  ["/socket/websocket?vsn=1.0.0", "V1"],
  ["/socket/websocket?vsn=1.0.7", "V1"],
  ["/socket/websocket?vsn=2.0.0", "V2"],
  ["/socket/websocket?user=a%20b&vsn=2.0.3", "V2"],
]) {
  test(`2, 3: ${path} speaks ${speaks}`, async (t) => {
    const ws = await open(t, { path });
    if (speaks === "V2") {
      ws.json([null, "7", "phoenix", "heartbeat", {}]);
      assert.deepEqual(await read(ws), ok(null, "7", "phoenix"));
      return;
    }
    ws.json({ topic: "phoenix", event: "heartbeat", payload: {}, ref: "7" });
    const payload = { status: "ok", response: {} };
    assert.deepEqual(await read(ws), { topic: "phoenix", event: "phx_reply", payload, ref: "7" });
  });
}

for (const query of ["vsn=2.1.0", "vsn=3.0.0", "vsn=123.1.1", "vsn=2", "vsn=2.0", "vsn=abc", "vsn=", "vsn[]=2.0.0", "vsn%5B%5D=2.0.0"]) {
  test(`4: ${query} is refused with 403`, async (t) => {
    assert.equal((await refused(t, { path: `/socket/websocket?${query}` })).status, 403);
  });
}

test("5: another method than GET is answered 400", async (t) => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    assert.equal((await refused(t, { method })).status, 400, method);
  }
});

for (const [name, headers] of [
  ["no Sec-WebSocket-Key", { "Sec-WebSocket-Key": null }],
  ["a key that is too short", { "Sec-WebSocket-Key": "c2hvcnQ=" }],
  ["no Sec-WebSocket-Version", { "Sec-WebSocket-Version": null }],
  ["version 8", { "Sec-WebSocket-Version": "8" }],
  ["no Upgrade", { Upgrade: null }],
  ["another Upgrade", { Upgrade: "h2c" }],
  ["no Connection: upgrade", { Connection: "keep-alive" }],
]) {
  test(`6: ${name} is answered 400`, async (t) => {
    const answer = await refused(t, { headers });
    assert.equal(answer.status, 400);
    assert.notEqual(answer.body.length, 0, "it says why");
  });
}

test("7: Connection and Upgrade are lists, in any case of letters", async (t) => {
  await open(t, { headers: { Connection: "keep-alive, Upgrade", Upgrade: "WebSocket" } });
  await open(t, { headers: { Connection: "UPGRADE", Upgrade: "foo/1, WEBSOCKET" } });
});

test("8: no Origin is accepted", async (t) => {
  await open(t, { headers: { Origin: null } });
});

test("9, 11: a foreign Origin and Origin: null are refused with 403", async (t) => {
  for (const Origin of ["https://evil.example", "null", "file://"]) {
    assert.equal((await refused(t, { headers: { Origin } })).status, 403, Origin);
  }
});

test("12: whoever is not signed in is refused with 401", async (t) => {
  assert.equal((await refused(t, { token: "" })).status, 401);
  assert.equal((await refused(t, { token: "x".repeat(64) })).status, 401);
});

const bearer = (text) => `base64url.bearer.phx.${text}`;
const offering = (text, first = "phoenix, ") => ({
  token: "",
  headers: { "Sec-WebSocket-Protocol": `${first}${text}` },
});

test("13: the token in the subprotocol signs in; phoenix alone is answered", async (t) => {
  const base64 = Buffer.from(muster.token).toString("base64").replaceAll("=", "");
  const ws = await open(t, offering(bearer(base64)));
  assert.equal(ws.handshake.headers["sec-websocket-protocol"], "phoenix");
  assert.ok(!ws.raw.received.includes(base64));
  const alone = await open(t, offering(bearer(base64), ""));
  assert.equal(alone.handshake.headers["sec-websocket-protocol"], undefined);
});

test("14: the token may be in either base64 alphabet, padded or not; nonsense is refused", async (t) => {
  const other = await startMuster(t);
  await other.stop();
  const token = "s3/+cret~~~???>>>~~~-and-more-than-32-bytes";
  writeFileSync(join(other.dataDir, "token"), `${token}\n`);
  await other.start();
  const plain = Buffer.from(token).toString("base64");
  assert.match(plain, /[+/].*=$/);
  const url = plain.replaceAll("+", "-").replaceAll("/", "_");
  for (const text of [plain, plain.replaceAll("=", ""), url, url.replaceAll("=", "")]) {
    await openWebSocket(t, other.port, offering(bearer(text)));
  }
  for (const text of ["", "!!!", "A", "AAA=AAA", Buffer.from("wrong").toString("base64"), "gICA"]) {
    const answer = await refusedWebSocket(t, other.port, offering(bearer(text)));
    assert.equal(answer.status, 401, text);
  }
});

test("15: only unknown subprotocols are refused with 403", async (t) => {
  assert.equal((await refused(t, { headers: { "Sec-WebSocket-Protocol": "mqtt, soap" } })).status, 403);
});

test("16: an offer of permessage-deflate is not taken up", async (t) => {
  const offer = "permessage-deflate; client_max_window_bits";
  const ws = await open(t, { headers: { "Sec-WebSocket-Extensions": offer } });
  assert.equal(ws.handshake.headers["sec-websocket-extensions"], undefined);
});

/* ---- frames ---- */

test("17: a V2 reply is [join_ref, ref, topic, phx_reply, {status, response}]", async (t) => {
  const ws = await open(t);
  await joinBench(ws, "bench:17", "3");
});

test("18: a V1 reply has topic, event, payload and ref, and no join_ref", async (t) => {
  const ws = await openV1(t);
  ws.json({ topic: "bench:18", event: "phx_join", payload: {}, ref: "1", join_ref: "1" });
  const reply = await read(ws);
  assert.deepEqual(Object.keys(reply).sort(), ["event", "payload", "ref", "topic"]);
});

test("19: a V1 message may have ref null, but none of its keys may be missing", async (t) => {
  const whole = { topic: "phoenix", event: "heartbeat", payload: {}, ref: null };
  for (const key of Object.keys(whole)) {
    const ws = await openV1(t);
    ws.json(whole);
    assert.equal((await read(ws)).ref, null);
    const { [key]: _left, ...rest } = whole;
    ws.json(rest);
    await assertClosed(ws, 1011);
  }
});

test("20: elements after the fifth are ignored", async (t) => {
  const ws = await open(t);
  ws.json([null, "7", "phoenix", "heartbeat", {}, "more", { and: "more" }]);
  assert.deepEqual(await read(ws), ok(null, "7", "phoenix"));
});

for (const text of ['[null,"1","phoenix","heartbeat"]', "[]", '{"topic":"phoenix"}', '"text"', "not json", "", '[null,"1",5,"heartbeat",{}]', '[null,{},"phoenix","heartbeat",{}]']) {
  test(`21: ${text || "an empty message"} closes the connection`, async (t) => {
    const ws = await open(t);
    ws.frame(OP.text, text);
    await assertClosed(ws, 1011);
  });
}

test("22: number refs come back as numbers, and are not equal to strings", async (t) => {
  const ws = await open(t);
  ws.json([1, 1, "bench:22", "phx_join", {}]);
  assert.deepEqual(await read(ws), ok(1, 1, "bench:22"));
  ws.json(["1", "2", "bench:22", "hello", {}]);
  assert.deepEqual(await readUntilHeartbeat(ws), []);
  ws.json([1, 3, "bench:22", "phx_leave", {}]);
  assert.deepEqual(await read(ws), ok(1, 3, "bench:22"));
});

/** A binary push as the client encodes it: four lengths. */
function binaryPush({ kind = 0, joinRef = "", ref = "", topic, event, payload = "" }) {
  const fields = [joinRef, ref, topic, event].map((text) => Buffer.from(text));
  const head = Buffer.from([kind, ...fields.map((field) => field.length)]);
  return Buffer.concat([head, ...fields, Buffer.from(payload)]);
}

test("23: a client's binary push is decoded with four lengths", async (t) => {
  const ws = await open(t);
  ws.frame(OP.binary, binaryPush({ ref: "9", topic: "phoenix", event: "heartbeat" }));
  assert.deepEqual(await read(ws), ok(null, "9", "phoenix"));
  await joinBench(ws, "bench:23", "3");
  const push = { joinRef: "3", ref: "5", topic: "bench:23", event: "bin", payload: [1, 2, 3] };
  ws.frame(OP.binary, binaryPush(push));
  const [joinRef, ref, topic, event, { status, response }] = await read(ws);
  assert.deepEqual([joinRef, ref, topic, event, status], ["3", "5", "bench:23", "phx_reply", "error"]);
  assert.equal(response.code, "BAD_REQUEST");
});

for (const [name, bytes] of [
  ["another kind", binaryPush({ kind: 1, topic: "phoenix", event: "heartbeat" })],
  ["a kind of another server", binaryPush({ kind: 3, topic: "phoenix", event: "heartbeat" })],
  ["no header", []],
  ["half a header", [0, 1, 1]],
  ["lengths past its end", [0, 1, 1, 200, 3, 0x33]],
]) {
  test(`26: a binary message with ${name} closes the connection`, async (t) => {
    const ws = await open(t);
    ws.frame(OP.binary, Buffer.from(bytes));
    await assertClosed(ws, 1011);
  });
}

test("26: a binary message to a V1 socket closes the connection", async (t) => {
  const ws = await openV1(t);
  ws.frame(OP.binary, binaryPush({ topic: "phoenix", event: "heartbeat" }));
  await assertClosed(ws, 1011);
});

test("27: a topic of 255 bytes is carried whole, one of 256 closes the connection", async (t) => {
  const ws = await open(t);
  await joinBench(ws, `bench:${"x".repeat(249)}`);
  ws.json(["2", "2", `bench:${"x".repeat(250)}`, "phx_join", {}]);
  await assertClosed(ws, 1011);
});

test("28: a text message that is no UTF-8 is closed with 1007", async (t) => {
  const ws = await open(t);
  ws.frame(OP.text, Buffer.from([0x5b, 0xc3, 0x28, 0x5d]));
  await assertClosed(ws, 1007);
});

test("29: a frame over the limit is closed with 1009 before it has arrived", async (t) => {
  const ws = await open(t);
  ws.frame(OP.text, "[", { length: FRAME_BYTES + 1 });
  await assertClosed(ws, 1009);
});

test("29: fragments that add up to more than the limit are closed with 1009", async (t) => {
  const ws = await open(t);
  const part = "x".repeat(FRAME_BYTES / 2);
  ws.frame(OP.text, part, { fin: false });
  ws.frame(OP.continuation, part, { fin: false });
  ws.frame(OP.continuation, "x");
  await assertClosed(ws, 1009);
});

test("29: a message of exactly the limit is taken", async (t) => {
  const ws = await open(t);
  const bare = JSON.stringify([null, "1", "phoenix", "heartbeat", { pad: "" }]);
  const pad = "x".repeat(FRAME_BYTES - bare.length);
  ws.json([null, "1", "phoenix", "heartbeat", { pad }]);
  assert.deepEqual(await read(ws), ok(null, "1", "phoenix"));
});

test("30: fragments are put together, with control frames between them", async (t) => {
  const ws = await open(t);
  const text = JSON.stringify([null, "7", "phoenix", "heartbeat", { umlaut: "ü€" }]);
  const bytes = Buffer.from(text);
  ws.frame(OP.text, bytes.subarray(0, 3), { fin: false });
  ws.frame(OP.ping, "between");
  for (let at = 3; at < bytes.length - 1; at += 1) {
    ws.frame(OP.continuation, bytes.subarray(at, at + 1), { fin: false });
  }
  ws.frame(OP.continuation, bytes.subarray(bytes.length - 1));
  const pong = await ws.next();
  assert.equal(pong.opcode, OP.pong);
  assert.deepEqual(await read(ws), ok(null, "7", "phoenix"));
});

test("30: a message that arrives a byte at a time is put together", async (t) => {
  const ws = await open(t);
  const text = JSON.stringify([null, "7", "phoenix", "heartbeat", {}]);
  for (const byte of encodeFrame(OP.text, text)) {
    await new Promise((resolve) => ws.raw.socket.write(Buffer.from([byte]), resolve));
  }
  assert.deepEqual(await read(ws), ok(null, "7", "phoenix"));
});

for (const [name, opcode, payload, options] of [
  ["an unmasked frame", OP.text, "[]", { masked: false }],
  ["a reserved bit", OP.text, "[]", { rsv: 4 }],
  ["a reserved opcode", 3, "", {}],
  ["a reserved control opcode", 11, "", {}],
  ["a fragmented ping", OP.ping, "", { fin: false }],
  ["a ping of 126 bytes", OP.ping, "x".repeat(126), {}],
  ["a continuation of nothing", OP.continuation, "[]", {}],
  ["a close frame of one byte", OP.close, "x", {}],
  ["a close code that must not be sent", OP.close, [0x03, 0xed], {}],
]) {
  test(`30: ${name} is closed with 1002`, async (t) => {
    const ws = await open(t);
    ws.frame(opcode, Buffer.from(payload), options);
    await assertClosed(ws, 1002);
  });
}

test("31: a ping is answered with a pong of the same bytes", async (t) => {
  const ws = await open(t);
  for (const payload of [Buffer.alloc(0), Buffer.from([0, 255, 7]), Buffer.alloc(125, 0x61)]) {
    ws.frame(OP.ping, payload);
    const pong = await ws.next();
    assert.equal(pong.opcode, OP.pong);
    assert.deepEqual(pong.payload, payload);
    assert.equal(pong.masked, false);
  }
});

/* ---- heartbeat ---- */

test("32, 33: a heartbeat is answered before any join, with its ref or null", async (t) => {
  const ws = await open(t);
  for (const ref of ["7", 7, null]) {
    ws.json([null, ref, "phoenix", "heartbeat", {}]);
    assert.deepEqual(await read(ws), ok(null, ref, "phoenix"));
  }
});

test("36: another event on topic phoenix is an unmatched topic", async (t) => {
  const ws = await open(t);
  ws.json([null, "7", "phoenix", "hello", {}]);
  assert.deepEqual(await read(ws), unmatched("7", "phoenix"));
  ws.json(["8", "8", "phoenix", "phx_join", {}]);
  assert.deepEqual(await read(ws), unmatched("8", "phoenix"));
});

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
  const ws = await open(t);
  for (let n = 0; n < TOPICS; n += 1) await joinBench(ws, `bench:41-${n}`, `${n}`);
  ws.json(["x", "x", "bench:41-more", "phx_join", {}]);
  const response = { reason: "too many channels joined" };
  assert.deepEqual(await read(ws), ["x", "x", "bench:41-more", "phx_reply", { status: "error", response }]);
  ws.json(["0", "y", "bench:41-0", "hello", {}]);
  assert.deepEqual(await read(ws), ok("0", "y", "bench:41-0"));
  assert.deepEqual(await read(ws), [null, null, "bench:41-0", "hello", {}]);
  ws.json(["z", "z", "bench:41-7", "phx_join", {}]);
  assert.deepEqual(await read(ws), ok("z", "z", "bench:41-7"), "a join anew of a joined topic");
});

test("42: a topic is matched exactly, or by its prefix, which may be all of it", async (t) => {
  const ws = await open(t);
  await joinBench(ws, "bench:");
  ws.json(["1", "5", "bench", "phx_join", {}]);
  assert.deepEqual(await read(ws), unmatched("5", "bench"));
});

test("43: a V1 client that never sends a join_ref can join, push and leave", async (t) => {
  const ws = await openV1(t);
  const topic = "bench:43";
  const reply = (ref) => ({ topic, event: "phx_reply", payload: { status: "ok", response: {} }, ref });
  ws.json({ topic, event: "phx_join", payload: {}, ref: "1" });
  assert.deepEqual(await read(ws), reply("1"));
  ws.json({ topic, event: "hello", payload: { a: 1 }, ref: "2" });
  assert.deepEqual(await read(ws), reply("2"));
  assert.deepEqual(await read(ws), { topic, event: "hello", payload: { a: 1 }, ref: null });
  ws.json({ topic, event: "hello", payload: {}, ref: "3", join_ref: "99" });
  ws.json({ topic, event: "phx_leave", payload: {}, ref: "4" });
  assert.deepEqual(await read(ws), reply("4"), "the event of another join was dropped");
  assert.deepEqual(await read(ws), { topic, event: "phx_close", payload: {}, ref: "1" });
});

test("44: join params of any JSON type are survived", async (t) => {
  const ws = await open(t);
  const values = [null, true, 5, "text", [], [1], {}, { since: null }, { since_seq: null }];
  const wrong = [{ since: 5 }, { since: {} }, { since: { epoch: 1, rev: "x" } }, { since: { epoch: "e", rev: 1.5 } }];
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

test("46, 47, 48: a second join answers, closes the first, and leaves one subscription", async (t) => {
  const ws = await open(t);
  const topic = "bench:46";
  await joinBench(ws, topic, "1");
  ws.json(["2", "2", topic, "phx_join", {}]);
  assert.deepEqual(await read(ws), ok("2", "2", topic));
  assert.deepEqual(await read(ws), ["1", "1", topic, "phx_close", {}]);
  ws.json(["1", "3", topic, "old", {}]);
  ws.json(["2", "4", topic, "new", {}]);
  assert.deepEqual(await readUntilHeartbeat(ws), [ok("2", "4", topic), [null, null, topic, "new", {}]]);
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
  ws.json(["1", "3", topic, "hello", {}]);
  assert.deepEqual(await read(ws), unmatched("3", topic));
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
  ws.json(["1", "3", "bench:56", "hello", {}]);
  assert.deepEqual(await read(ws), unmatched("3", "bench:56"));
});

test("57, 58: an event of another join is dropped, one with join_ref null delivered", async (t) => {
  const ws = await open(t);
  const topic = "bench:57";
  await joinBench(ws, topic, "5");
  ws.json(["4", "6", topic, "stale", {}]);
  ws.json([null, "7", topic, "fresh", {}]);
  assert.deepEqual(await readUntilHeartbeat(ws), [ok(null, "7", topic), [null, null, topic, "fresh", {}]]);
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
  for (const [payload, code] of [[[], undefined], [[0x03, 0xe8], 1000], [[0x0f, 0xa0], 1000]]) {
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

async function metric(name) {
  const { text } = await muster.api("GET", "/metrics");
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)[1]);
}

/**
 * The Phoenix Channels protocol as raw frames: what any client may rely on. The number in a test's
 * name is that of the statement in the protocol notes that it pins. Here are the handshake, frames
 * and heartbeats (1 to 36); phoenix-channels.test.mjs has joins, leaves, events and closing (37 to
 * 76); what the official clients make of it is in phoenix-clients.test.mjs, which has 70 and 77 to 83.
 *
 * Topics bench:* broadcast what is pushed to them; they take it without a join too, so what an event
 * needs a join for is shown on `projects`.
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
import {
  assertClosed,
  joinBench,
  joinProjects,
  ok,
  read,
  readUntilHeartbeat,
  unmatched,
} from "../lib/phoenix-raw.mjs";
import { encodeFrame, OP, openWebSocket, refusedWebSocket } from "../lib/raw.mjs";
import { after, before, test } from "../lib/test.mjs";

const FRAME_BYTES = 2_162_688;
let muster;

before(async () => {
  muster = await startMuster(null, { args: ["--bench-topics"] });
});
after(() => muster.dispose());

const open = (t, options = {}) => openWebSocket(t, muster.port, { token: muster.token, ...options });
const openV1 = (t) => open(t, { path: "/socket/websocket?vsn=1.0.0" });
const refused = (t, options = {}) => refusedWebSocket(t, muster.port, { token: muster.token, ...options });

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

for (const query of [
  "vsn=2.1.0",
  "vsn=3.0.0",
  "vsn=123.1.1",
  "vsn=2",
  "vsn=2.0",
  "vsn=abc",
  "vsn=",
  "vsn[]=2.0.0",
  "vsn%5B%5D=2.0.0",
]) {
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

test("9, 11: a foreign Origin and Origin: null are refused with 403 and an empty body", async (t) => {
  for (const Origin of ["https://evil.example", "null", "file://"]) {
    const { status, body } = await refused(t, { headers: { Origin } });
    assert.deepEqual([status, String(body)], [403, ""], Origin);
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

for (const text of [
  '[null,"1","phoenix","heartbeat"]',
  "[]",
  '{"topic":"phoenix"}',
  '"text"',
  "not json",
  "",
  '[null,"1",5,"heartbeat",{}]',
  '[null,{},"phoenix","heartbeat",{}]',
]) {
  test(`21: ${text || "an empty message"} closes the connection`, async (t) => {
    const ws = await open(t);
    ws.frame(OP.text, text);
    await assertClosed(ws, 1011);
  });
}

test("22: number refs come back as numbers, and are not equal to strings", async (t) => {
  const ws = await open(t);
  await joinProjects(ws, 1);
  ws.json(["1", "2", "projects", "sync", {}]);
  assert.deepEqual(await readUntilHeartbeat(ws), []);
  ws.json([1, 3, "projects", "phx_leave", {}]);
  assert.deepEqual(await read(ws), ok(1, 3, "projects"));
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

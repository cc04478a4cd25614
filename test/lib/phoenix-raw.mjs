/** What the protocol tests say and expect, message by message, on a RawWebSocket that speaks V2. */
import assert from "node:assert/strict";
import { OP } from "./raw.mjs";

/** The next frame's JSON. */
export async function read(ws) {
  const frame = await ws.next();
  assert.equal(frame.opcode, OP.text, `not a text frame: ${JSON.stringify(frame)}`);
  return frame.json;
}

/** Everything the server had to say before it answered this heartbeat. */
export async function readUntilHeartbeat(ws) {
  const ref = `beat${Math.random()}`;
  ws.json([null, ref, "phoenix", "heartbeat", {}]);
  const seen = [];
  for (;;) {
    const message = await read(ws);
    if (message[1] === ref) return seen;
    seen.push(message);
  }
}

export const ok = (joinRef, ref, topic, response = {}) => [
  joinRef,
  ref,
  topic,
  "phx_reply",
  { status: "ok", response },
];
export const unmatched = (ref, topic) => [
  null,
  ref,
  topic,
  "phx_reply",
  { status: "error", response: { reason: "unmatched topic" } },
];

export async function joinBench(ws, topic, ref = "1") {
  ws.json([ref, ref, topic, "phx_join", {}]);
  assert.deepEqual(await read(ws), ok(ref, ref, topic));
}

export async function joinProjects(ws, ref = "1") {
  ws.json([ref, ref, "projects", "phx_join", {}]);
  const [joinRef, echoed, topic, event, { status }] = await read(ws);
  assert.deepEqual([joinRef, echoed, topic, event, status], [ref, ref, "projects", "phx_reply", "ok"]);
}

/** A `sync` as the server answers it: join_ref and ref. */
export const assertSynced = ([joinRef, ref, topic, event, { status }], wanted) =>
  assert.deepEqual([joinRef, ref, topic, event, status], [...wanted, "projects", "phx_reply", "ok"]);

export async function assertClosed(ws, code) {
  const frame = await ws.closeFrame();
  assert.equal(frame?.code, code);
  await ws.raw.ended();
}

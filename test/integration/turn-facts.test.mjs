/** What is known of a turn stands beside the prompt that began it, however the turn ends. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { kill } from "../lib/processes.mjs";
import { seeingClaude } from "../lib/seeing-claude.mjs";
import { test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";

const USED = { input_tokens: 10, output_tokens: 20, cache_read_tokens: 3, cache_write_tokens: 4, cost_microusd: 5000 };
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

async function open(t, { hold = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "muster-turns-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const gate = makeGate(t, folder);
  const muster = await startMuster(t, { path: [seeingClaude(folder, { hold: hold ? gate.path : null }).dir] });
  return { muster, gate };
}

const prompts = (session) => session.transcript.filter(({ kind }) => kind === "user");
const turns = (session) => prompts(session).map(({ metadata }) => metadata?.turn);

/** The facts fit to the turn's time, and nothing else than `wanted` is in them. */
function assertTurn({ started_at: started, ended_at: ended, ...rest }, wanted) {
  assert.equal(new Date(started).toISOString(), started);
  assert.equal(new Date(ended).toISOString(), ended);
  assert.ok(started <= ended, `${started} to ${ended}`);
  assert.deepEqual(rest, wanted);
}

test("done, error, cancelled: the prompt says so, with the time of the turn, before its end is told", async (t) => {
  const { muster, gate } = await open(t);
  const { session, verify } = await openRoom(t, muster);
  for (const [text, outcome] of [
    ["echo hello", "done"],
    ["exit 3", "error"],
  ]) {
    await session.turn(text);
    assertTurn(turns(session).at(-1), { outcome });
  }
  await session.send(`echo waits; ${gate.wait}`);
  await session.becomes("working");
  const { turn_started_at: started } = session.row;
  assert.equal(turns(session).at(-1), undefined, "none while it runs");
  await session.cancel();
  await session.turnEnded();
  await session.until(() => turns(session).at(-1), "the facts");
  assertTurn(turns(session).at(-1), { outcome: "cancelled" });
  assert.equal(turns(session).at(-1).started_at, started);
  const events = session.channel.events.items.map(({ event, payload }) => payload.message?.kind ?? event);
  assert.ok(events.lastIndexOf("user") < events.lastIndexOf("message_complete"), events.join(" "));
  await verify();
});

test("model and usage as the agent tells them; what the prompt had beside it stays", async (t) => {
  const { muster, gate } = await open(t, { hold: true });
  const { session, verify } = await openRoom(t, muster, { agent: "claude" });
  const image = await fetch(`${muster.url}/api/images`, {
    method: "POST",
    headers: { authorization: `Bearer ${muster.token}`, "content-type": "image/png" },
    body: PNG,
  }).then((answer) => answer.json());
  await session.send("first");
  await session.send("second, with an image", undefined, { images: [image.id] });
  await session.until(() => session.queue.length === 1, "the queue");
  gate.open();
  await session.turnEnded();
  gate.open();
  await session.until(() => turns(session)[1], "the second turn's end");
  for (const turn of turns(session)) assertTurn(turn, { outcome: "done", model: "fake", usage: USED });
  const { queued, images } = prompts(session)[1].metadata;
  assert.deepEqual([queued, images.map(({ id }) => id)], [true, [image.id]]);
  await verify();
});

test("the agent is killed: error, with the model that was known", async (t) => {
  const { muster } = await open(t, { hold: true });
  const { session, verify } = await openRoom(t, muster, { agent: "claude" });
  await session.send("never answered");
  await session.until(() => session.row.metadata?.model === "fake", "the agent");
  const [agent] = muster.agents();
  process.kill(agent.pid, "SIGKILL");
  await session.turnEnded();
  assertTurn(turns(session)[0], { outcome: "error", model: "fake" });
  await verify();
});

test("the server is killed in the middle of a turn: its end has the facts of the whole turn, once", async (t) => {
  const { muster, gate } = await open(t, { hold: true });
  const { session, verify } = await openRoom(t, muster, { agent: "claude" });
  await session.send("goes on");
  await session.until(() => session.row.metadata?.model === "fake", "the agent");
  const { turn_started_at: started } = session.row;
  await muster.stop("SIGKILL");
  gate.open(); // it ends while nobody looks
  await muster.start();
  await session.until(() => turns(session)[0], "the facts");
  assertTurn(turns(session)[0], { outcome: "done", model: "fake", usage: USED });
  assert.equal(turns(session)[0].started_at, started);
  await muster.restart({ signal: "SIGKILL" });
  await session.rejoined(3);
  assert.equal(turns(session)[0].started_at, started);
  await verify();
});

test("the server is killed, and the process is lost with it: error", async (t) => {
  const { muster } = await open(t, { hold: true });
  const { session, verify } = await openRoom(t, muster, { agent: "claude" });
  await session.send("is lost");
  await session.until(() => session.row.metadata?.model === "fake", "the agent");
  const holders = muster.holders();
  await muster.stop("SIGKILL");
  for (const { pid } of holders) kill(pid, "SIGKILL");
  await muster.start();
  await session.until(() => turns(session)[0], "the facts");
  assertTurn(turns(session)[0], { outcome: "error", model: "fake" });
  await verify();
});

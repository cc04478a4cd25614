/** What turns use: a row with each turn's end, added up by session and project, whatever happens to them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMuster } from "../lib/muster.mjs";
import { seeingClaude } from "../lib/seeing-claude.mjs";
import { test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

const ONE = { input_tokens: 10, output_tokens: 20, cache_read_tokens: 3, cache_write_tokens: 4, cost_microusd: 5000 };
const times = (turns) => ({
  turns,
  ...Object.fromEntries(Object.entries(ONE).map(([key, n]) => [key, n * turns])),
  cost_known: true,
});
const NONE = { ...times(0), cost_known: false };

async function open(t) {
  const folder = mkdtempSync(join(tmpdir(), "muster-usage-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return startMuster(t, { path: [seeingClaude(folder).dir] });
}

async function turn(muster, id) {
  const answer = await muster.ok("POST", `/api/sessions/${id}/messages`, { id: randomUUID(), text: "go" });
  await poll(async () => (await muster.ok("GET", `/api/sessions/${id}`)).state === "idle", "the turn to end");
  return answer.id;
}

const usage = (muster, query = "") => muster.ok("GET", `/api/usage${query}`);

test("turns add up by session and project; a deleted session still counts, a deleted project does not", async (t) => {
  const muster = await open(t);
  assert.deepEqual(await usage(muster), { total: NONE, projects: [], sessions: [], turns: [] });
  const one = await muster.newSession("claude");
  const two = await muster.newSession("claude", { projectId: one.projectId });
  const folder = join(muster.dir, "other");
  mkdirSync(folder);
  const { id: projectId } = await muster.ok("POST", "/api/projects", { path: folder });
  const three = await muster.newSession("claude", { projectId });
  const before = new Date().toISOString();
  const turns = [await turn(muster, one.sessionId), await turn(muster, one.sessionId)];
  await turn(muster, two.sessionId);
  const between = new Date().toISOString();
  await turn(muster, three.sessionId);
  const all = await usage(muster);
  assert.deepEqual(all.total, times(4));
  assert.deepEqual(all.projects, [
    { id: projectId, project_id: projectId, usage: times(1) },
    { id: one.projectId, project_id: one.projectId, usage: times(3) },
  ]);
  assert.deepEqual(all.sessions.map(({ id, usage }) => [id, usage.turns]), [
    [three.sessionId, 1],
    [two.sessionId, 1],
    [one.sessionId, 2],
  ]);
  assert.deepEqual(all.turns, []);
  const own = await usage(muster, `?session_id=${one.sessionId}`);
  assert.deepEqual(own.total, times(2));
  assert.deepEqual(own.turns.map(({ turn_id }) => turn_id), turns.toReversed?.() ?? [...turns].reverse());
  for (const { session_id, model, started_at, ended_at, usage: used } of own.turns) {
    assert.equal(session_id, one.sessionId);
    assert.ok(model === "fake" || model === null, model);
    assert.ok(before <= started_at && started_at <= ended_at, `${started_at} ${ended_at}`);
    assert.deepEqual(used, times(1));
  }
  assert.deepEqual((await usage(muster, `?project_id=${projectId}`)).total, times(1));
  assert.deepEqual((await usage(muster, `?since=${between}`)).total, times(1));
  const row = await muster.ok("GET", `/api/sessions/${one.sessionId}`);
  assert.deepEqual(row.metadata.usage_total, { turns: 2, ...Object.fromEntries(Object.entries(ONE).map(([k, n]) => [k, 2 * n])) });

  await muster.kill9();
  await muster.start();
  assert.deepEqual(await usage(muster), all, "what a turn used is there as surely as its end");
  await muster.ok("DELETE", `/api/sessions/${one.sessionId}`);
  assert.deepEqual(await usage(muster), all);
  await muster.ok("DELETE", `/api/projects/${one.projectId}`);
  const left = await usage(muster);
  assert.deepEqual(left.total, times(1));
  assert.deepEqual(left.sessions.map(({ id }) => id), [three.sessionId]);
});

test("what is asked for wrongly is said", async (t) => {
  const muster = await open(t);
  for (const [query, words] of [
    ["?since=yesterday", /`since` must be a time/],
    ["?session_id=", /must be ids/],
    ["?project_id=a%20b", /must be ids/],
  ]) {
    const { status, body } = await muster.api("GET", `/api/usage${query}`);
    assert.equal(status, 422, query);
    assert.match(body.error.message, words);
  }
  assert.deepEqual((await usage(muster, "?session_id=nobody")).total, NONE);
  const { status, body } = await muster.api("GET", "/api/messages/nothing/raw");
  assert.equal(status, 404);
  assert.match(body.error.message, /no message with this id/);
});

/** The specification's scenario, and what else must be true of a badge while one looks at it. */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, openPage, test } from "../lib/browser.mjs";
import { fakeClaude } from "../lib/fake-claude.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { startProxy } from "../lib/tcp-proxy.mjs";
import { after, before } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

let browser, model, muster, proxy;
before(async () => {
  [model, proxy, browser] = await Promise.all([startModelServer(), startProxy(null, 0), launchBrowser(null)]);
  muster = await startMuster(null, { model, args: ["--allow-host", proxy.host] });
  proxy.retarget(muster.port);
});
after(async () => {
  await browser?.close();
  await proxy?.close();
  await muster?.dispose();
  await model?.close();
});

/** A page with a session on the screen. */
async function sessionOnScreen(t, agent = "shell", options = {}) {
  const { id: projectId, folder } = await newProject(muster);
  const { sessionId } = await muster.newSession(agent, { projectId });
  const app = await openApp(t, browser, muster, options);
  await app.openSession({ projectId, sessionId });
  return { app, projectId, sessionId, folder };
}

const row = (sessionId) => muster.ok("GET", `/api/sessions/${sessionId}`);
const rowIs = (sessionId, state) =>
  poll(async () => (await row(sessionId)).state === state, `session ${sessionId} to be ${state}`);

/** Click by click what the specification says, on a server where nothing else is. */
async function specification(t, { agent, prompt, finish }) {
  const own = await startMuster(t, { model });
  const { id } = await newProject(own);
  const page = await openPage(t, browser, own);
  await page.addInitScript((name) => localStorage.setItem("muster:agent", name), agent);
  await page.goto(`/projects/${id}`);
  await page.click('[data-testid="new-session-button"]');
  await page.fill('[data-testid="chat-input"]', prompt);
  await page.click('[data-testid="send-button"]');
  const badge = page.locator('[data-testid="session-row"] [data-testid="session-state-badge"]');
  await badge.filter({ hasText: "Processing" }).waitFor();
  finish();
  await badge.waitFor({ state: "detached", timeout: 30_000 });
  const calls = page.seen.requests.filter(({ path }) => path.includes("/api/projects"));
  assert.deepEqual(calls.map(({ method, path }) => `${method} ${path}`), ["GET /api/projects"], "one request in all");
  page.assertQuiet();
  return page;
}

test("session state updates in real-time via WebSocket: the specification's scenario with Claude Code", async (t) => {
  const finish = () => model.release("spec");
  const page = await specification(t, { agent: "claude", prompt: "test message [[wait:spec]]", finish });
  await page.getByText("Fake answer to: test message").waitFor();
});

test("session state updates in real-time via WebSocket: the same with the shell agent", async (t) => {
  const gate = makeGate(t, muster.dir);
  const prompt = `${gate.wait}; echo test message`;
  const page = await specification(t, { agent: "shell", prompt, finish: () => gate.open() });
  await page.locator('[data-kind="text"]').filter({ hasText: "test message" }).waitFor();
});

test("failure 4: a failing message shows an error badge with the reason; the next good turn clears it", async (t) => {
  const { app, sessionId } = await sessionOnScreen(t);
  const gate = makeGate(t, muster.dir);
  const reason = "exit 127: nonsense: not found";
  await app.send(`${gate.wait}; nonsense`);
  await app.badgeIs(sessionId, "working");
  gate.open();
  await app.badgeIs(sessionId, "error");
  const badge = app.badge(sessionId);
  assert.equal((await badge.innerText()).trim(), "Error");
  assert.equal(await badge.getAttribute("aria-label"), `Error: ${reason}`);
  await badge.hover();
  await app.page.getByRole("tooltip").filter({ hasText: reason }).waitFor();
  await app.says("error", reason);
  await app.send(`${gate.wait}; echo good`);
  await app.badgeIs(sessionId, "working");
  gate.open();
  await app.badgeIs(sessionId, "none");
  await app.says("text", "good");
  assert.equal(await app.page.getByRole("tooltip").count(), 0);
  const rowText = await app.row(sessionId).evaluate((element) => element.outerHTML);
  assert.doesNotMatch(rowText, /not found/);
  const history = await app.badgeHistory(sessionId);
  assert.deepEqual(history, ["none", "working", "error", "working", "none"]);
  app.verify();
});

test("a failing message of Claude Code: the reason in its own words, and the next good turn clears it", async (t) => {
  const { app, sessionId } = await sessionOnScreen(t, "claude");
  await app.send("break it [[error:400]]");
  await app.badgeIs(sessionId, "error", 30_000);
  assert.match(await app.badge(sessionId).getAttribute("aria-label"), /^Error: .*Fake error 400/);
  await app.send("[[say:all is well]]");
  await app.badgeIs(sessionId, "none", 30_000);
  await app.says("text", "all is well");
  app.verify();
});

test("failure 5: the user opens session B while an event of A is on its way", async (t) => {
  const { app, projectId, sessionId: a } = await sessionOnScreen(t, "shell", { url: proxy.url });
  const { sessionId: b } = await muster.newSession("shell", { projectId });
  const [gateA, gateB] = [makeGate(t, muster.dir), makeGate(t, muster.dir)];
  await app.clickSession(b);
  await app.send(gateB.wait);
  await app.badgeIs(b, "working");
  await app.clickSession(a);
  await app.send(`${gateA.wait}; echo of A; exit 3`);
  await app.badgeIs(a, "working");
  const before = await app.badgeHistory(b);
  proxy.freeze();
  gateA.open();
  await rowIs(a, "error");
  await app.clickSession(b);
  proxy.thaw();
  await app.badgeIs(a, "error");
  assert.equal(await app.badge(a).getAttribute("aria-label"), "Error: exit 3");
  await app.badgeIs(b, "working");
  assert.deepEqual(await app.badgeHistory(b), before, "B was never painted otherwise");
  assert.deepEqual(await app.transcript(), [["user", gateB.wait]]);
  gateB.open();
  await app.badgeIs(b, "none");
  await app.clickSession(a);
  await app.says("text", "of A");
  app.verify();
});

test("failure 6: a slow GET never undoes a newer push", async (t) => {
  const { id: projectId } = await newProject(muster);
  const { sessionId } = await muster.newSession("shell", { projectId });
  const gate = makeGate(t, muster.dir);
  const app = await openApp(t, browser, muster, { url: proxy.url });
  const slow = proxy.holdAnswer(({ method, path }) => method === "GET" && path === "/api/projects");
  const answered = app.page.waitForResponse((answer) => answer.url().endsWith("/api/projects"));
  await app.page.goto(`/projects/${projectId}/sessions/${sessionId}`);
  await slow.held;
  await app.row(sessionId).waitFor();
  await app.send(`${gate.wait}; exit 3`);
  await app.badgeIs(sessionId, "working");
  const name = await app.row(sessionId).getByRole("link").innerText();
  slow.release();
  await (await answered).finished();
  await app.page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve))));
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working"]);
  assert.equal(await app.row(sessionId).getByRole("link").innerText(), name, "nor is its name undone");
  gate.open();
  await app.badgeIs(sessionId, "error");
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working", "error"]);
  app.verify();
});

test("failure 7: late progress after idle: the row stays idle", async (t) => {
  const gate = makeGate(t, muster.dir);
  const own = await startMuster(t, { path: [fakeClaude(muster.project, { late: gate.path })] });
  const { projectId, sessionId } = await own.newSession("claude");
  const app = await openApp(t, browser, own);
  await app.openSession({ projectId, sessionId });
  await app.send("go");
  await app.badgeIs(sessionId, "working");
  gate.open();
  await app.says("text", "answer 1");
  await app.badgeIs(sessionId, "none");
  gate.open();
  await app.says("text", "late words");
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working", "none"]);
  assert.equal((await own.ok("GET", `/api/sessions/${sessionId}`)).state, "idle");
  await app.send("go on");
  await app.badgeIs(sessionId, "working");
  gate.open();
  await app.says("text", "answer 2");
  await app.badgeIs(sessionId, "none");
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working", "none", "working", "none"]);
  app.verify();
});

test("failure 8: an error that the agent survives is no error state", async (t) => {
  const { app, sessionId } = await sessionOnScreen(t, "claude");
  await app.send("try twice [[error:529*1]] [[say:survived]]");
  await app.says("text", "survived", 30_000);
  await app.badgeIs(sessionId, "none");
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working", "none"]);
  assert.equal(await app.messages("error").count(), 0);
  app.verify();
});

test("failure 9: two tabs, one session: both stream, both are right", async (t) => {
  const { app, projectId, sessionId } = await sessionOnScreen(t, "claude");
  const context = app.page.context();
  const other = await openApp(t, browser, muster, { context });
  await other.openSession({ projectId, sessionId });
  await app.send("[[say:first part, ]][[wait:tabs]][[say:second part]]");
  for (const tab of [app, other]) {
    await tab.badgeIs(sessionId, "working");
    await tab.says("text", "first part,");
  }
  model.release("tabs");
  for (const tab of [app, other]) {
    await tab.says("text", "first part, second part");
    await tab.badgeIs(sessionId, "none");
    assert.deepEqual(await tab.badgeHistory(sessionId), ["none", "working", "none"]);
    assert.equal(await tab.messages("text").count(), 1);
    tab.verify();
  }
});

test("two sessions at once: only the named one changes", async (t) => {
  const { app, projectId, sessionId: a } = await sessionOnScreen(t);
  const { sessionId: b } = await muster.newSession("shell", { projectId });
  const { sessionId: idle } = await muster.newSession("shell", { projectId });
  const [gateA, gateB] = [makeGate(t, muster.dir), makeGate(t, muster.dir)];
  await app.send(gateA.wait);
  await app.badgeIs(a, "working");
  await app.clickSession(b);
  await app.send(`${gateB.wait}; nonsense`);
  await app.badgeIs(b, "working");
  gateA.open();
  await app.badgeIs(a, "none");
  assert.deepEqual(await app.badgeHistory(b), ["none", "working"]);
  gateB.open();
  await app.badgeIs(b, "error");
  assert.deepEqual(await app.badgeHistory(a), ["none", "working", "none"]);
  assert.deepEqual(await app.badgeHistory(b), ["none", "working", "error"]);
  assert.deepEqual(await app.badgeHistory(idle), ["none"]);
  app.verify();
});

test("a change of state costs no request: several turns, good, failed and cancelled", async (t) => {
  const { app, sessionId } = await sessionOnScreen(t);
  const gate = makeGate(t, muster.dir);
  const before = app.calls;
  for (const [prompt, end] of [["echo one", "none"], ["exit 3", "error"], ["echo two", "none"]]) {
    await app.send(`${gate.wait}; ${prompt}`);
    await app.badgeIs(sessionId, "working");
    gate.open();
    await app.badgeIs(sessionId, end);
  }
  await app.send(gate.wait);
  await app.badgeIs(sessionId, "working");
  await app.page.getByTestId("cancel-button").click();
  await app.badgeIs(sessionId, "none");
  assert.deepEqual(app.calls, before);
  assert.equal(app.page.seen.sockets.length, 1, "one socket");
  app.verify();
});

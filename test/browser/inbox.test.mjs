/** What waits is answered on top of the sidebar, whatever one reads; and goes when it is answered elsewhere. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { startProxy } from "../lib/tcp-proxy.mjs";
import { after, before } from "../lib/test.mjs";

let browser, model;
before(async () => {
  [model, browser] = await Promise.all([startModelServer(), launchBrowser(null)]);
});
after(async () => {
  await browser?.close();
  await model?.close();
});

/** A page that shows a quiet session, while others may ask; `proxy`: the network may fail. */
async function reading(t, { proxy, ...options } = {}) {
  const args = proxy ? ["--allow-host", proxy.host] : [];
  const muster = await startMuster(t, { model, args });
  proxy?.retarget(muster.port);
  const project = await newProject(muster, "asks");
  const { sessionId } = await muster.newSession("shell", { projectId: project.id, name: "Reading" });
  const app = await openApp(t, browser, muster, { ...options, ...(proxy && { url: proxy.url }) });
  await app.openSession({ projectId: project.id, sessionId });
  const ask = async (name, text) => {
    const made = await muster.newSession("claude", { projectId: project.id, name });
    await muster.ok("POST", `/api/sessions/${made.sessionId}/messages`, { id: crypto.randomUUID(), text });
    return made.sessionId;
  };
  const session = (id) => muster.ok("GET", `/api/sessions/${id}`);
  return { app, page: app.page, muster, project, sessionId, ask, session };
}

const line = ({ page }, id) => page.locator(`[data-testid="inbox-line"][data-session-id="${id}"]`);
const button = (place, name) => place.getByRole("button", { name, exact: true });
const gone = (locator) => locator.waitFor({ state: "detached" });

test("a request is allowed, and another denied with a reason, without leaving what one reads", async (t) => {
  const { app, page, project, sessionId, ask, session } = await reading(t);
  assert.equal(await page.getByTestId("inbox").count(), 0, "while nothing waits, there is none");
  const made = await ask("Makes a file", "[[tool:touch made.txt]][[say:done]]");
  await line(app, made).waitFor();
  const other = await ask("Removes it", "[[tool:rm made.txt]][[say:done]]");
  await line(app, other).waitFor();
  assert.equal(await page.getByTestId("inbox-count").innerText(), "2");
  await line(app, made).getByText("asks", { exact: true }).waitFor();
  await line(app, made).getByRole("button", { name: /Makes a file/ }).click();
  await line(app, made).getByText("touch made.txt", { exact: true }).waitFor();
  await button(line(app, made), "Allow").click();
  await gone(line(app, made));
  await app.badgeIs(made, "none");
  assert.ok(existsSync(join(project.folder, "made.txt")), "the tool was used");
  await line(app, other).getByLabel("What the agent is told with a denial").fill("Keep it.");
  await button(line(app, other), "Deny").click();
  await gone(line(app, other));
  await gone(page.getByTestId("inbox"));
  await app.until(async () => (await session(other)).waiting_for === null, "the denial");
  assert.ok(existsSync(join(project.folder, "made.txt")), "it was kept");
  assert.ok(page.url().endsWith(sessionId), "the page is where it was");
  await page.getByRole("heading", { level: 1, name: "Reading" }).waitFor();
  app.verify();
});

test("an answer that is refused is said in its card, which stays; taken, the next one is opened", async (t) => {
  const { app, page, ask, session } = await reading(t);
  const one = await ask("First", "[[tool:touch one.txt]][[say:done]]");
  await line(app, one).waitFor();
  const two = await ask("Second", "[[tool:touch two.txt]][[say:done]]");
  await line(app, two).waitFor();
  const refusal = { code: "INTERNAL", message: "The disk is full: free some space." };
  const answers = `**/api/sessions/${one}/answer`;
  await page.route(answers, (route) => route.fulfill({ status: 500, json: { error: refusal } }));
  await line(app, one).getByRole("button", { name: /First/ }).click();
  await button(line(app, one), "Allow").click();
  const said = line(app, one).getByRole("alert");
  await said.filter({ hasText: "The answer did not arrive. The disk is full: free some space." }).waitFor();
  assert.equal(await page.getByTestId("permission-card").count(), 1, "the next one is not opened");
  await page.unroute(answers);
  await button(line(app, one), "Allow").click();
  await gone(line(app, one));
  await button(line(app, two), "Allow").waitFor();
  assert.equal((await session(two)).waiting_for, "permission");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Needs you1");
});

test("a double click answers one request, though the next one takes its place", async (t) => {
  const { app, page, ask, session } = await reading(t);
  const one = await ask("First", "[[tool:touch one.txt]][[say:done]]");
  await line(app, one).waitFor();
  const two = await ask("Second", "[[tool:touch two.txt]][[say:done]]");
  await line(app, two).waitFor();
  await line(app, one).getByRole("button", { name: /First/ }).click();
  const box = await button(line(app, one), "Allow").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down({ clickCount: 1 });
  await page.mouse.up({ clickCount: 1 });
  await button(line(app, two), "Allow").waitFor();
  assert.deepEqual(await button(line(app, two), "Allow").boundingBox(), box, "it stands in the same place");
  await page.mouse.down({ clickCount: 2 });
  await page.mouse.up({ clickCount: 2 });
  await button(line(app, two), "Deny").click();
  await gone(line(app, two));
  const lines = (await app.muster.ok("GET", `/api/sessions/${two}/messages`)).messages;
  assert.equal(lines.find(({ kind }) => kind === "tool").metadata.decision, "deny", "the second click did nothing");
  assert.equal((await session(one)).waiting_for, null);
});

test("what another device answers goes away, and is said; the link leads to the session", async (t) => {
  const { app, page, muster, project, sessionId, ask } = await reading(t);
  const other = await openApp(t, browser, muster, { context: page.context() });
  await other.openSession({ projectId: project.id, sessionId });
  const id = await ask("Asks twice", "[[tool:touch one.txt]][[say:done]]");
  for (const each of [app, other]) await line(each, id).waitFor();
  await page.bringToFront();
  const request = await line(app, id).getAttribute("data-request-id");
  await muster.ok("POST", `/api/sessions/${id}/answer`, { id: request, decision: "allow" });
  await page.getByText("“Asks twice”, Bash: allowed elsewhere.").waitFor();
  for (const each of [app, other]) await gone(line(each, id));
  const next = await ask("To be opened", "[[tool:touch two.txt]]");
  await line(app, next).getByRole("link", { name: "Open the session To be opened" }).click();
  await page.waitForURL((url) => url.pathname.endsWith(next));
  await page.getByLabel("What the agent waits for").getByText("touch two.txt", { exact: true }).waitFor();
  app.verify();
});

test("what was asked and answered while the connection was away is right after it", async (t) => {
  const proxy = await startProxy(t, 0);
  const { app, page, ask, session } = await reading(t, { proxy });
  const before = await ask("Before", "[[tool:touch a.txt]][[say:done]]");
  await line(app, before).waitFor();
  proxy.refuse();
  proxy.cut();
  await page.getByTestId("connection-banner").waitFor();
  const during = await ask("During", "[[tool:touch b.txt]][[say:done]]");
  await app.until(async () => (await session(during)).waiting_for === "permission", "the request");
  proxy.accept();
  await line(app, during).waitFor();
  await gone(page.getByTestId("connection-banner"));
  assert.equal(await page.getByTestId("inbox-count").innerText(), "2");
  assert.equal(page.countRequests("GET", "/api/projects"), 1);
});

test("on a phone the inbox is in the sheet, and what waits is counted above", async (t) => {
  const { app, page, ask } = await reading(t, { viewport: { width: 390, height: 844 }, phone: true });
  const id = await ask("From the phone", "[[tool:touch made.txt]][[say:done]]");
  const count = page.getByTestId("waiting-count");
  await count.filter({ hasText: "1" }).waitFor();
  await page.getByRole("button", { name: "Projects and sessions, 1 waiting for you" }).click();
  await line(app, id).getByRole("button", { name: /From the phone/ }).click();
  await button(line(app, id), "Allow").click();
  await gone(line(app, id));
  await page.keyboard.press("Escape");
  await gone(count);
  app.verify();
});

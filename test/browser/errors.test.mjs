/** Every error reaches the person exactly once, in words: of the API, of a channel, of the page itself. */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";

let browser, muster, project, session;
before(async () => {
  browser = await launchBrowser(null);
  muster = await startMuster(null);
  project = await newProject(muster, "billing");
  session = await muster.newSession("shell", { projectId: project.id, name: "Deploy" });
});
after(async () => {
  await browser?.close();
  await muster?.dispose();
});

const REFUSED = [/Failed to load resource/, /Service Worker registration blocked by Playwright/];

/** Notes every text that a toast has had: one that came and went was said, too. */
function recordToasts() {
  window.said = [];
  const seen = new WeakSet();
  new MutationObserver(() => {
    for (const toast of document.querySelectorAll("[data-sonner-toast]")) {
      const text = toast.innerText.trim();
      if (seen.has(toast) || text === "") continue;
      seen.add(toast);
      window.said.push(text);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

async function open(t, prepare = async (_page) => {}) {
  const app = await openApp(t, browser, muster, { serviceWorkers: "block" });
  await app.page.addInitScript(recordToasts);
  await prepare(app.page);
  await app.openSession(session);
  return app;
}

/** Waits for the first, and for what would have come after it. */
async function said(app) {
  await app.until(() => app.page.evaluate(() => window.said.length > 0), "something to be said");
  await app.page.waitForLoadState("networkidle");
  return app.page.evaluate(() => window.said);
}

const answers = [
  [500, "INTERNAL", "muster made a mistake."],
  [507, "STORE_FULL", "The disk is full: nothing was changed. Free some space and try again."],
  [409, "SESSION_BUSY", "The session is working. Wait until it is done."],
  [502, "", ""],
];

for (const [status, code, message] of answers) {
  test(`an answer ${status} is said once, and what was shown at once is taken back`, async (t) => {
    const app = await open(t);
    const body = code ? JSON.stringify({ error: { code, message } }) : "<html>Bad gateway</html>";
    await app.page.route("**/api/sessions/*", (route) =>
      route.request().method() === "PATCH" ? route.fulfill({ status, body }) : route.continue(),
    );
    await app.row(session.sessionId).hover();
    await app.page.getByRole("button", { name: "Actions for Deploy" }).first().click();
    await app.page.getByRole("menuitem", { name: "Pin" }).click();
    const why = message || `The server answered ${status}.`;
    assert.deepEqual(await said(app), [`“Deploy” was not pinned. ${why}`]);
    await app.page.getByRole("heading", { name: "Pinned" }).waitFor({ state: "detached" });
    app.page.assertQuiet(REFUSED);
  });
}

test("a form says it in its own place, and nothing else does", async (t) => {
  const app = await open(t);
  await app.page.route("**/api/sessions/*", (route) =>
    route.fulfill({ status: 507, body: JSON.stringify({ error: { code: "STORE_FULL", message: "The disk is full." } }) }),
  );
  await app.row(session.sessionId).hover();
  await app.page.getByRole("button", { name: "Actions for Deploy" }).first().click();
  await app.page.getByRole("menuitem", { name: "Rename…" }).click();
  const dialog = app.page.getByRole("dialog", { name: "Rename session" });
  await dialog.getByRole("textbox").fill("Other");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await dialog.getByText("The disk is full.").waitFor();
  assert.equal(await app.page.getByText("The disk is full.").count(), 1);
  assert.deepEqual(await app.page.evaluate(() => window.said), []);
});

test("a push that the channel refuses is said once", async (t) => {
  const place = await muster.newSession("shell", { projectId: project.id, name: "Wait" });
  const app = await openApp(t, browser, muster);
  await app.page.addInitScript(recordToasts);
  await app.page.routeWebSocket(/\/socket\/websocket/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((frame) => {
      const [join, ref, topic, event] = JSON.parse(frame);
      if (event !== "cancel") return server.send(frame);
      const response = { code: "STORE_FULL", message: "The disk is full." };
      socket.send(JSON.stringify([join, ref, topic, "phx_reply", { status: "error", response }]));
    });
  });
  await app.page.goto(`/projects/${place.projectId}/sessions/${place.sessionId}`);
  await app.input.waitFor();
  const gate = makeGate(t, muster.dir);
  await app.send(gate.wait);
  await app.badgeIs(place.sessionId, "working");
  await app.page.getByTestId("cancel-button").click();
  assert.deepEqual(await said(app), ["The turn was not interrupted. The disk is full."]);
  gate.open();
  await app.badgeIs(place.sessionId, "none");
  app.page.assertQuiet();
});

test("what nobody caught is said once: a rejection, an error of a handler", async (t) => {
  const app = await open(t);
  await app.page.evaluate(() => void Promise.reject(new TypeError("x is undefined")));
  assert.equal((await said(app)).length, 1);
  await app.page.evaluate(() => setTimeout(() => JSON.parse("{")));
  await app.until(() => app.page.evaluate(() => window.said.length === 2), "the second");
  const texts = await app.page.evaluate(() => window.said);
  assert.match(texts[0], /^Something on this page went wrong: x is undefined/);
  assert.match(texts[1], /^Something on this page went wrong: .*JSON/);
  const row = app.row(session.sessionId);
  assert.equal(await row.count(), 1, "the page goes on");
});

test("a part of the page that breaks says so in its own place, and the rest goes on", async (t) => {
  const body = 'export default function Broken() { throw new Error("a cog is missing"); }';
  const breakSettings = (page) =>
    page.route("**/assets/settings-page-*.js", (route) => route.fulfill({ contentType: "text/javascript", body }));
  const app = await open(t, breakSettings);
  await app.page.keyboard.press("Control+,");
  const main = app.page.getByRole("main");
  await main.getByRole("heading", { name: "This part of the page broke" }).waitFor();
  await main.getByText("a cog is missing").first().waitFor();
  assert.deepEqual(await app.page.evaluate(() => window.said), [], "said in its place alone");
  await app.clickSession(session.sessionId);
  assert.equal(await main.getByRole("heading", { name: "This part of the page broke" }).count(), 0);
  await app.send("echo 'goes on'");
  await app.says("text", "goes on");
});

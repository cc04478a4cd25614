/** A new build of the page, while the old one is open: no part of one is put into the other. */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, SERVER_AWAY, test } from "../lib/browser.mjs";
import { NEW, startBuildProxy } from "../lib/build-proxy.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

let browser;
before(async () => {
  browser = await launchBrowser(null);
});
after(() => browser?.close());

/** Which build each script is of that this load of the page has asked for. */
const builds = (page) =>
  page.evaluate((mark) => {
    const names = performance.getEntriesByType("resource").map(({ name }) => name);
    const scripts = names.filter((name) => /\/assets\/.*\.js$/.test(name));
    return [...new Set(scripts.map((name) => (name.includes(mark) ? "new" : "old")))];
  }, NEW);

async function start(t) {
  const muster = await startMuster(t);
  const proxy = await startBuildProxy(t, muster);
  const { id: projectId } = await newProject(muster);
  const { sessionId } = await muster.newSession("shell", { projectId, name: "Long lived" });
  return { muster, proxy, projectId, sessionId };
}

test("the page that is open stays whole, is offered one reload, and then runs the new build", async (t) => {
  const { muster, proxy, projectId, sessionId } = await start(t);
  const app = await openApp(t, browser, muster, { url: proxy.url });
  const { page } = app;
  await app.openSession({ projectId, sessionId });
  await app.until(() => page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.active)), "the worker");
  // The second load is the first that the worker has in hand from its beginning.
  await page.reload();
  await app.input.waitFor();
  await app.until(() => page.evaluate(() => navigator.serviceWorker.controller !== null), "the worker");
  await app.input.fill("a draft");
  proxy.release();
  const offer = page.getByText("A new version of this page is here.");
  await offer.waitFor({ timeout: 30_000 });
  assert.equal(await offer.count(), 1);
  // A part that was not loaded before is of the old build still, which the server has no more.
  await app.row(sessionId).hover();
  await page.getByRole("button", { name: "Actions for Long lived" }).first().click();
  await page.getByRole("menuitem", { name: "Rename…" }).click();
  await page.getByRole("dialog", { name: "Rename session" }).waitFor();
  await page.keyboard.press("Escape");
  assert.deepEqual(await builds(page), ["old"]);
  assert.equal(await app.input.inputValue(), "a draft");
  await page.getByRole("button", { name: "Reload" }).click();
  await poll(async () => (await builds(page).catch(() => [])).includes("new"), "the new build");
  await app.input.waitFor();
  await app.live();
  assert.deepEqual(await builds(page), ["new"]);
  assert.equal(await app.input.inputValue(), "a draft");
  assert.equal(await offer.count(), 0, "offered once");
  page.assertQuiet(SERVER_AWAY);
});

test("without a worker, a part that is gone leads to the new build by itself", async (t) => {
  const { muster, proxy, projectId, sessionId } = await start(t);
  const app = await openApp(t, browser, muster, { url: proxy.url, serviceWorkers: "block" });
  const { page } = app;
  await app.openSession({ projectId, sessionId });
  await app.input.fill("a draft");
  proxy.release();
  await page.getByTestId("new-session-button").focus();
  await page.keyboard.press("?");
  await poll(async () => (await builds(page).catch(() => [])).includes("new"), "the new build");
  await app.input.waitFor();
  assert.deepEqual(await builds(page), ["new"]);
  assert.equal(await app.input.inputValue(), "a draft");
});

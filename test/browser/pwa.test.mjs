/** Installed, and without muster: the page opens, and what it shows is what was, never what is. */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, SERVER_AWAY, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";

let browser;
before(async () => {
  browser = await launchBrowser(null);
});
after(() => browser?.close());

/** A session at work on the screen, and the worker of the page in charge. */
async function installed(t) {
  const muster = await startMuster(t);
  const { id: projectId } = await newProject(muster, "billing");
  const { sessionId } = await muster.newSession("shell", { projectId, name: "Fix the token refresh" });
  const app = await openApp(t, browser, muster);
  await app.openSession({ projectId, sessionId });
  const gate = makeGate(t, muster.dir);
  await app.send(`${gate.wait}; echo done`);
  await app.badgeIs(sessionId, "working");
  await app.until(() => app.page.evaluate(() => navigator.serviceWorker.controller !== null), "the worker");
  return { muster, app, page: app.page, projectId, sessionId, gate };
}

const known = (page) => page.getByTestId("last-known");

test("Chromium finds it fit to be installed", async (t) => {
  const { page } = await installed(t);
  const cdp = await page.context().newCDPSession(page);
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  // A context of a test is a private window, where nothing is installed.
  const errors = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
  assert.deepEqual(errors, []);
  const { errors: ofManifest } = await cdp.send("Page.getAppManifest");
  assert.deepEqual(ofManifest, []);
});

test("only the page's own files are kept", async (t) => {
  const { app, page } = await installed(t);
  const kept = await page.evaluate(async () => {
    const paths = [];
    for (const key of await caches.keys()) {
      for (const { url } of await (await caches.open(key)).keys()) paths.push(new URL(url).pathname);
    }
    return paths;
  });
  assert.ok(kept.includes("/") && kept.some((path) => path.startsWith("/assets/base-")));
  assert.deepEqual(kept.filter((path) => /^\/(api|socket|login|healthz|metrics)/.test(path)), []);
  await page.reload();
  await app.input.waitFor();
  app.verify({ lists: 2 });
});

test("a click on a notification that the worker has shown leads the open page there", async (t) => {
  const { muster, app, page, projectId, gate } = await installed(t);
  const { sessionId: other } = await muster.newSession("shell", { projectId, name: "Deploy" });
  await page.context().grantPermissions(["notifications"]);
  const path = `/projects/${projectId}/sessions/${other}`;
  const [worker] = page.context().serviceWorkers();
  const left = await worker.evaluate(async (to) => {
    await self.registration.showNotification("Deploy failed", { tag: "clicked", data: { path: to } });
    const [notification] = await self.registration.getNotifications({ tag: "clicked" });
    // Only a person's click may focus a page, and is waited for: the worker's refusals are not looked at.
    self.addEventListener("error", (event) => event.preventDefault());
    self.addEventListener("unhandledrejection", (event) => event.preventDefault());
    self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
    return (await self.registration.getNotifications({ tag: "clicked" })).length;
  }, path);
  assert.equal(left, 0, "the notification is gone");
  await page.waitForURL((url) => url.pathname === path);
  await app.input.waitFor();
  gate.open();
  app.verify();
});

test("without muster the last known list is shown as such, and goes on when muster is back", async (t) => {
  const { muster, app, page, sessionId, gate } = await installed(t);
  await muster.kill9();
  await app.banner.waitFor();
  await page.getByRole("button", { name: "Retry now" }).waitFor();
  await app.until(() => page.locator("main[data-unverified]").count(), "the page to be dimmed");
  await page.reload();
  await known(page).waitFor();
  await page.getByRole("heading", { name: /^Last verified \d\d:\d\d, not connected$/ }).waitFor();
  const row = page.getByTestId("last-known-row").filter({ hasText: "Fix the token refresh" });
  assert.match(await row.innerText(), /was working/);
  assert.equal(await page.getByTestId("session-state-badge").count(), 0, "no badge");
  assert.equal(await known(page).getByRole("link").count(), 0, "nothing to open");
  assert.equal(await page.getByTestId("chat-input").count(), 0, "nothing to send");
  await muster.start();
  await app.badgeIs(sessionId, "working");
  await known(page).waitFor({ state: "detached" });
  gate.open();
  await app.badgeIs(sessionId, "none");
  app.page.assertQuiet(SERVER_AWAY);
  assert.equal(page.countRequests("GET", "/api/projects"), 2, "one for each load");
});

test("a sign-out, here or elsewhere, leaves nothing of the list in the browser", async (t) => {
  const { muster, app, page, gate } = await installed(t);
  const read = () =>
    page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open("muster", 1);
          request.onerror = () => reject(request.error);
          request.onsuccess = () => {
            const all = request.result.transaction("kept").objectStore("kept").getAll();
            all.onsuccess = () => (request.result.close(), resolve(JSON.stringify(all.result)));
          };
        }),
    );
  await app.until(async () => (await read()).includes("Fix the token refresh"), "the list to be kept");
  const { access } = await muster.ok("GET", "/api/access");
  const mine = access.find(({ kind }) => kind === "browser");
  await muster.ok("DELETE", `/api/access/${mine.id}`);
  await page.reload();
  await page.getByRole("heading", { name: "This browser is not signed in" }).waitFor();
  await app.until(async () => (await read()) === "[]", "nothing to be left");
  gate.open();
});

test("a page that was never opened before says that muster cannot be reached", async (t) => {
  const { muster, page } = await installed(t);
  await page.evaluate(() => new Promise((resolve) => (indexedDB.deleteDatabase("muster").onsuccess = resolve)));
  await page.goto("about:blank");
  await muster.kill9();
  const app = await openApp(t, browser, muster, { context: page.context() });
  await app.page.addInitScript(() => indexedDB.deleteDatabase("muster"));
  await app.page.goto("/");
  await app.page.getByRole("heading", { name: "muster cannot be reached" }).waitFor();
  await muster.start();
  await app.page.getByTestId("project-list").waitFor();
});

/** axe finds nothing: on every page, light and dark, wide and on a phone. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { startMuster } from "../lib/muster.mjs";
import { startProxy } from "../lib/tcp-proxy.mjs";
import { after, before } from "../lib/test.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser, muster, session, project;
before(async () => {
  browser = await launchBrowser(null);
  muster = await startMuster(null);
  project = await newProject(muster, "billing");
  session = await muster.newSession("shell", { projectId: project.id, name: "Fix the token refresh" });
  const failed = await muster.newSession("shell", { projectId: project.id, name: "Deploy" });
  await muster.ok("POST", `/api/sessions/${failed.sessionId}/messages`, { id: crypto.randomUUID(), text: "exit 3" });
});
after(async () => {
  await browser?.close();
  await muster?.dispose();
});

async function check(page, what) {
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {}))));
  // Not by a script element: the page's own policy forbids that.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join("\n  ")}`);
  assert.deepEqual(found, [], what);
}

const looks = [
  ["light", { viewport: { width: 1440, height: 900 }, colorScheme: "light" }],
  ["dark", { viewport: { width: 1440, height: 900 }, colorScheme: "dark" }],
  ["light, a phone", { viewport: { width: 390, height: 844 }, phone: true, colorScheme: "light" }],
  ["dark, a phone", { viewport: { width: 390, height: 844 }, phone: true, colorScheme: "dark" }],
];

for (const [look, options] of looks) {
  test(`every page, ${look}`, async (t) => {
    const app = await openApp(t, browser, muster, { reducedMotion: "reduce", ...options });
    const { page } = app;
    await app.openSession(session);
    await app.send("echo hello; echo '# not Markdown'");
    await app.says("text", "hello");
    await check(page, "session");
    await app.openProject(project.id);
    await check(page, "project");
    for (const section of ["agents", "notifications", "appearance", "access", "shortcuts", "about"]) {
      await page.goto(`/settings/${section}`);
      await page.getByRole("heading", { level: 2 }).first().waitFor();
      await check(page, section);
    }
    await page.goto("/nowhere");
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await check(page, "lost");
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette").waitFor();
    await check(page, "palette");
    await page.keyboard.type("add a project");
    await page.getByRole("option", { name: "Add a project…", selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Add a project" }).getByRole("option").first().waitFor();
    await check(page, "add a project");
    await page.keyboard.press("Escape");
    if (!options.phone) return;
    await page.getByRole("button", { name: /^Projects and sessions/ }).click();
    await app.row(session.sessionId).waitFor();
    await check(page, "sheet");
  });
}

for (const [look, options] of looks) {
  test(`while the connection is lost, ${look}`, async (t) => {
    const proxy = await startProxy(t, muster.port);
    const own = await startMuster(t, { args: ["--allow-host", proxy.host] });
    proxy.retarget(own.port);
    const { id: projectId } = await newProject(own, "billing");
    const { sessionId } = await own.newSession("shell", { projectId, name: "Fix the token refresh" });
    const app = await openApp(t, browser, own, { reducedMotion: "reduce", url: proxy.url, ...options });
    await app.openSession({ projectId, sessionId });
    await app.send("echo hello; exit 3");
    await app.says("text", "hello");
    await app.says("error", "exit 3");
    proxy.refuse();
    proxy.cut();
    await app.banner.waitFor();
    await check(app.page, "session");
    if (!options.phone) return;
    await app.page.getByRole("button", { name: /^Projects and sessions/ }).click();
    await app.row(sessionId).waitFor();
    await check(app.page, "sheet");
  });
}

test("the first run, and without a sign-in", async (t) => {
  const own = await startMuster(t);
  const app = await openApp(t, browser, own);
  await app.page.goto("/");
  await app.page.getByRole("heading", { name: "Add your first project" }).waitFor();
  await check(app.page, "first run");
  const other = await openApp(t, browser, own, { login: false });
  await other.page.goto("/");
  await other.page.getByRole("heading", { name: "This browser is not signed in" }).waitFor();
  await check(other.page, "signed out");
});

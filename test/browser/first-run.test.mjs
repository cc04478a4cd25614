/** No project yet: how far it is to the first running session; and projects added by path. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";

let browser;
before(async () => {
  browser = await launchBrowser(null);
});
after(() => browser?.close());

/** Clicks, and counts them. */
function counting() {
  const clicks = { count: 0, on: async (locator) => ((clicks.count += 1), locator.click()) };
  return clicks;
}

for (const [what, options] of [
  ["a wide screen", {}],
  ["a phone", { viewport: { width: 390, height: 844 }, phone: true, colorScheme: "dark" }],
]) {
  test(`three clicks lead to the first running session, on ${what}`, async (t) => {
    const muster = await startMuster(t);
    for (const name of ["website", "notes", ".hidden"]) mkdirSync(join(muster.home, name));
    const app = await openApp(t, browser, muster, options);
    await app.page.goto("/");
    await app.page.getByRole("heading", { name: "Add your first project" }).waitFor();
    const clicks = counting();
    const suggested = app.page.getByRole("list", { name: "Directories in your home" });
    await clicks.on(suggested.getByRole("button", { name: "website" }));
    await app.input.waitFor();
    await app.page.getByTestId("only-shell").waitFor();
    await clicks.on(app.page.getByRole("button", { name: "ls -la" }));
    assert.equal(await app.input.inputValue(), "ls -la");
    await clicks.on(app.page.getByTestId("send-button"));
    await app.says("user", "ls -la");
    await app.page.waitForURL(/\/sessions\//);
    assert.equal(clicks.count, 3);
    const { projects } = await muster.ok("GET", "/api/projects");
    assert.equal(projects[0].path, join(muster.home, "website"));
    assert.equal(projects[0].sessions[0].agent, "shell");
    app.verify();
  });
}

/** The dialog, with a tree of directories to walk in. */
async function adding(t) {
  const muster = await startMuster(t);
  for (const path of ["code/website/src", "code/webshop", "code/.cache", "music"]) {
    mkdirSync(join(muster.home, path), { recursive: true });
  }
  const { id } = await newProject(muster);
  const app = await openApp(t, browser, muster);
  await app.openProject(id);
  await app.page.getByTestId("add-project-button").click();
  const dialog = app.page.getByRole("dialog");
  const field = dialog.getByRole("combobox", { name: "Directory" });
  await dialog.getByRole("option", { name: "music" }).waitFor();
  const options = () => dialog.getByRole("option").allInnerTexts();
  return { muster, app, dialog, field, options };
}

test("a directory is found by typing, Tab, arrows and Enter", async (t) => {
  const { muster, app, dialog, field, options } = await adding(t);
  assert.equal(await field.inputValue(), "~/");
  await field.press("c");
  await field.press("Tab");
  assert.equal(await field.inputValue(), "~/code/");
  await dialog.getByRole("option", { name: "website" }).waitFor();
  assert.deepEqual(await options(), ["..", "webshop", "website"], "hidden ones wait for a dot");
  await field.press("w");
  await field.press("Tab");
  assert.equal(await field.inputValue(), "~/code/webs", "as far as it is clear");
  await field.press("ArrowDown");
  await field.press("ArrowDown");
  const active = await field.getAttribute("aria-activedescendant");
  assert.equal(await dialog.locator(`[id="${active}"]`).innerText(), "website");
  await field.press("Enter");
  assert.equal(await field.inputValue(), `${join(muster.home, "code/website")}/`);
  await dialog.getByRole("option", { name: "src" }).waitFor();
  await dialog.getByRole("option", { name: ".." }).click();
  await dialog.getByRole("option", { name: "webshop" }).waitFor();
  await field.fill("~/code/.");
  await dialog.getByRole("option", { name: ".cache" }).waitFor();
  assert.deepEqual(await options(), [".cache"]);
  await field.fill("~/code/webshop");
  await field.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await app.page.getByRole("heading", { name: "New session in webshop" }).waitFor();
  const { projects } = await muster.ok("GET", "/api/projects");
  assert.ok(projects.some(({ path }) => path === join(muster.home, "code/webshop")));
  app.verify();
});

test("what is already a project says so, and leads there", async (t) => {
  const { muster, app, dialog, field } = await adding(t);
  const { id } = await muster.ok("POST", "/api/projects", { path: join(muster.home, "music"), name: "Songs" });
  await dialog.getByRole("option", { name: "music already a project" }).waitFor();
  await field.fill("~/music");
  await dialog.getByRole("link", { name: "Songs" }).click();
  await app.page.waitForURL(`**/projects/${id}`);
  await dialog.waitFor({ state: "detached" });
  app.verify();
});

test("a directory that is missing, or that cannot be read, is told of while one types", async (t) => {
  const { muster, dialog, field } = await adding(t);
  await field.fill("~/nowhere/");
  const wanted = await muster.api("GET", "/api/directories?path=~/nowhere");
  await dialog.getByText(wanted.body.error.message, { exact: true }).waitFor();
  await field.fill("~/code/zzz");
  await dialog.getByText("Nothing here begins with “zzz”.").waitFor();
  await field.fill("relative");
  await dialog.getByText("A path begins with / or ~/.").waitFor();
  if (process.getuid() === 0) return; // root reads everything
  chmodSync(join(muster.home, "music"), 0);
  await field.fill("~/music/");
  await dialog.getByText(/music.*(permission|not allowed|may not)/i).waitFor();
});

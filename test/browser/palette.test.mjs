/** From the keyboard: the command palette, the shortcuts, the frame around every page. */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";

let browser;
before(async () => {
  browser = await launchBrowser(null);
});
after(() => browser?.close());

/** Two projects with sessions; the first session is on the screen. */
async function furnished(t, options) {
  const muster = await startMuster(t);
  const billing = await newProject(muster, "billing");
  const website = await newProject(muster, "website");
  const add = async (project, name) =>
    (await muster.newSession("shell", { projectId: project.id, name }))
      .sessionId;
  const token = await add(billing, "Fix the token refresh");
  const deploy = await add(billing, "Deploy to staging");
  const images = await add(website, "Convert images");
  const app = await openApp(t, browser, muster, options);
  await app.openSession({ projectId: billing.id, sessionId: token });
  return {
    muster,
    app,
    page: app.page,
    billing,
    website,
    token,
    deploy,
    images,
  };
}

const palette = (page) => page.getByTestId("palette");
const field = (page) => palette(page).getByRole("combobox");
async function openPalette(page) {
  await page.keyboard.press("Control+k");
  await field(page).waitFor();
}
/** The page has chosen where the focus is; now it is nowhere. */
async function leaveComposer(app) {
  await inComposer(app);
  await app.input.evaluate((box) => box.blur());
}
const inComposer = (app) =>
  app.until(
    () => app.input.evaluate((box) => box === document.activeElement),
    "the composer to have the focus",
  );
const isAt = (page, id) => page.waitForURL((url) => url.pathname.endsWith(id));

test("the palette leads to a session by a few letters, without leaving the keyboard", async (t) => {
  const { app, page, deploy, token } = await furnished(t);
  await app.input.focus();
  await openPalette(page);
  await page.keyboard.type("bill stag");
  await palette(page)
    .getByRole("option", { name: "Deploy to staging" })
    .first()
    .waitFor();
  await page.keyboard.press("Enter");
  await isAt(page, deploy);
  await palette(page).waitFor({ state: "detached" });
  await inComposer(app);
  await openPalette(page);
  const recent = palette(page)
    .getByRole("group", { name: "Recent" })
    .getByRole("option");
  assert.match(await recent.first().innerText(), /Fix the token refresh/);
  await page.keyboard.press("Enter");
  await isAt(page, token);
  app.verify();
});

test("the palette's states are those of now, while its entries stay where they are", async (t) => {
  const { muster, app, page, deploy } = await furnished(t);
  const gate = makeGate(t, muster.dir);
  await muster.ok("POST", `/api/sessions/${deploy}/messages`, { id: crypto.randomUUID(), text: gate.wait });
  await app.badgeIs(deploy, "working");
  await openPalette(page);
  await page.keyboard.type("deploy");
  const names = () => palette(page).getByRole("option").evaluateAll((all) => all.map((each) => each.id));
  const word = palette(page).getByRole("option", { name: "Deploy to staging" }).first().getByText("Processing");
  await word.waitFor();
  const before = await names();
  gate.open();
  await word.waitFor({ state: "detached" });
  assert.deepEqual(await names(), before);
  app.verify();
});

test("what is typed right behind the palette's shortcut goes into the palette, and nowhere else", async (t) => {
  const { app, page } = await furnished(t);
  await inComposer(app);
  // No wait between the keys: the palette is fetched by the first one.
  await page.keyboard.press("Control+k");
  await page.keyboard.type("theme dark");
  await palette(page)
    .getByRole("option", { name: "Theme: dark", selected: true })
    .waitFor();
  assert.equal(await field(page).inputValue(), "theme dark");
  assert.equal(await app.input.inputValue(), "");
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "detached" });
  await inComposer(app);
  assert.equal(app.page.countRequests("POST", "/api/sessions"), 0);
  app.verify();
});

test("the palette does what it names: theme, settings, a new session, help", async (t) => {
  const { app, page, website } = await furnished(t);
  const run = async (typed, option) => {
    await openPalette(page);
    await page.keyboard.type(typed);
    const found = palette(page).getByRole("option", {
      name: option,
      selected: true,
    });
    await found.waitFor();
    await page.keyboard.press("Enter");
    await palette(page).waitFor({ state: "detached" });
  };
  await run("theme dark", "Theme: dark");
  await app.until(
    () =>
      page.evaluate(() => document.documentElement.dataset.theme === "dark"),
    "the dark theme",
  );
  await run("settings access", "Settings: Access");
  await isAt(page, "/settings/access");
  await run("new session in website", "website");
  await isAt(page, website.id);
  await run("keyboard", "Keyboard shortcuts");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await page.keyboard.press("Escape");
  await openPalette(page);
  await page.keyboard.type("qqqqq");
  await palette(page).getByText("Nothing is called “qqqqq”.").waitFor();
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "detached" });
  assert.equal(app.page.countRequests("GET", "/api/projects"), 1);
});

test("the palette marks everything as read; buttons name their shortcuts", async (t) => {
  const { muster, app, page, deploy, images } = await furnished(t);
  for (const id of [deploy, images]) {
    await muster.ok("POST", `/api/sessions/${id}/messages`, {
      id: crypto.randomUUID(),
      text: "echo hi",
    });
    await app.row(id).getByTestId("unread-dot").waitFor();
  }
  await openPalette(page);
  await page.keyboard.type("mark all");
  await palette(page)
    .getByRole("option", { name: "Mark all as read", selected: true })
    .waitFor();
  await page.keyboard.press("Enter");
  for (const id of [deploy, images])
    await app.row(id).getByTestId("unread-dot").waitFor({ state: "detached" });
  const button = page.getByRole("button", { name: "New session", exact: true });
  assert.equal(
    await button.getAttribute("aria-keyshortcuts"),
    "Control+Shift+O c",
  );
  assert.equal(
    await button.getAttribute("title"),
    "New session (Ctrl+Shift+O)",
  );
  app.verify();
});

test("Escape gives the focus back, and what was typed in the composer stays", async (t) => {
  const { app, page } = await furnished(t);
  await app.input.fill("half a thought");
  await openPalette(page);
  await page.keyboard.press("Escape");
  await palette(page).waitFor({ state: "detached" });
  await inComposer(app);
  await page.keyboard.type("!");
  assert.equal(await app.input.inputValue(), "half a thought!");
});

test("shortcuts walk the sessions; plain keys are text where one types", async (t) => {
  const { app, page, token, deploy } = await furnished(t);
  await app.input.focus();
  await page.keyboard.type("jk?");
  assert.equal(await app.input.inputValue(), "jk?");
  await app.input.fill("");
  await page.keyboard.press("Alt+ArrowUp");
  await isAt(page, deploy);
  await leaveComposer(app);
  await page.keyboard.press("j");
  await isAt(page, token);
  await leaveComposer(app);
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByText("Next session that needs me").waitFor();
  await page.keyboard.press("j");
  assert.ok(page.url().endsWith(token), "a dialog keeps the keys");
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "detached" });
  await page.keyboard.press("i");
  await inComposer(app);
  app.verify();
});

test("the next session that needs me: one that failed, where none asks", async (t) => {
  const { muster, app, page, deploy, token } = await furnished(t);
  await page.keyboard.press("Control+j");
  await page.getByText("No other session needs you.").waitFor();
  await muster.ok("POST", `/api/sessions/${deploy}/messages`, {
    id: crypto.randomUUID(),
    text: "exit 3",
  });
  await app.badgeIs(deploy, "error");
  assert.ok(page.url().endsWith(token));
  await page.keyboard.press("Control+j");
  await isAt(page, deploy);
  app.verify();
});

test("every page has a title, and an address that opens it again", async (t) => {
  const { app, page, token } = await furnished(t);
  const titled = (title) =>
    app.until(
      async () => (await page.title()).replace(/^\(\d+\) /, "") === title,
      title,
    );
  await titled("Fix the token refresh · muster");
  await page.goto("/settings/about");
  await titled("About · muster");
  await page.getByText("Running since").waitFor();
  await page.goto("/nowhere/at/all");
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  await titled("muster");
  await page.goBack();
  await titled("About · muster");
  await page.goBack();
  await isAt(page, token);
});

test("the sidebar is resized by drag and by keys, and keeps its width; Ctrl+B hides it", async (t) => {
  const { page, app } = await furnished(t);
  const panel = page.getByTestId("side-panel");
  const handle = page.getByRole("separator", { name: "Width of the sidebar" });
  const width = async () => (await panel.boundingBox()).width;
  const before = await width();
  await handle.focus();
  await page.keyboard.press("ArrowRight");
  await app.until(
    async () => (await width()) === before + 16,
    "a wider sidebar",
  );
  const box = await handle.boundingBox();
  await page.mouse.move(box.x + box.width / 2, 300);
  await page.mouse.down();
  await page.mouse.move(400, 300, { steps: 4 });
  await page.mouse.up();
  await app.until(
    async () => Math.abs((await width()) - 400) < 2,
    "the sidebar to follow the pointer",
  );
  await page.reload();
  await app.input.waitFor();
  assert.ok(Math.abs((await width()) - 400) < 2);
  await page.keyboard.press("Control+b");
  await panel.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Projects and sessions" }).click();
  await panel.waitFor();
});

test("Tab goes first past the sidebar, and a page that is opened has the focus", async (t) => {
  const { page, app } = await furnished(t);
  await page.goto("/settings/appearance");
  await page.getByRole("heading", { name: "Appearance" }).waitFor();
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the page" });
  await app.until(
    () => skip.evaluate((link) => link === document.activeElement),
    "the skip link",
  );
  await page.keyboard.press("Enter");
  assert.equal(
    await page.evaluate(() => document.activeElement.tagName),
    "MAIN",
  );
  await page
    .getByRole("navigation", { name: "Settings" })
    .getByRole("link", { name: "About" })
    .focus();
  await page.keyboard.press("Control+,");
  await isAt(page, "/settings/agents");
  await page.getByRole("heading", { name: "Agents", exact: true }).waitFor();
});

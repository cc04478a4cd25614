/** The sidebar: its order, by hand and by pins; filters, search, archive; and what is done with a row. */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";

let browser, muster;
before(async () => {
  [browser, muster] = await Promise.all([launchBrowser(null), startMuster(null)]);
});
after(async () => {
  await browser?.close();
  await muster?.dispose();
});

/** A page of a server of its own, with projects named by keys and sessions named in the lists. */
async function withRows(t, names, options) {
  const own = options?.muster ?? (await startMuster(t));
  const projects = {};
  const sessions = {};
  for (const [name, list] of Object.entries(names)) {
    const project = await newProject(own, name);
    projects[name] = project.id;
    for (const each of list.toReversed()) {
      const { sessionId } = await own.newSession("shell", { projectId: project.id, name: each });
      sessions[each] = sessionId;
    }
  }
  const app = await openApp(t, browser, own, options);
  await app.openProject(Object.values(projects)[0]);
  await app.listed();
  return { app, page: app.page, own, projects, sessions };
}

/** The lines from top to bottom, as they are read. */
const lines = ({ page }) =>
  page.locator("#sidebar-list > li[data-line]").evaluateAll((all) =>
    all
      .toSorted((a, b) => a.dataset.line - b.dataset.line)
      .map((each) => (each.querySelector("[data-row-link]") ?? each).textContent.trim()),
  );
const linesAre = (app, expected) =>
  app.until(async () => JSON.stringify(await lines(app)) === JSON.stringify(expected), `the lines ${expected}`)
    .catch(async (error) => assert.deepEqual(await lines(app), expected, error.message));
const group = ({ page }, id) => page.locator(`[data-testid="project-group"][data-project-id="${id}"]`);
const menuItem = ({ page }, name) => page.getByRole("menuitem", { name, exact: true });
const filter = ({ page }, kind) => page.getByTestId(`filter-${kind}`);
const run = (own, id, text) =>
  own.ok("POST", `/api/sessions/${id}/messages`, { id: crypto.randomUUID(), text });

/** What is shown at once, in rows that are on the page, is stored, too. */
const stored = ({ page }) => page.locator("#sidebar-list [data-waiting]").first().waitFor({ state: "detached" });

async function choose(app, row, name) {
  await row.click({ button: "right" });
  await menuItem(app, name).click();
}

test("the order is by hand: a change of a state moves nothing, menus and keys do, on every device", async (t) => {
  const { app, page, own, projects, sessions } = await withRows(t, { one: ["a", "b", "c"], two: ["d"] });
  const other = await openApp(t, browser, own, { context: page.context() });
  await other.openProject(projects.two);
  await linesAre(app, ["one", "a", "b", "c", "two", "d"]);
  const gate = makeGate(t, own.dir);
  await run(own, sessions.c, gate.wait);
  await app.badgeIs(sessions.c, "working");
  gate.open();
  await app.badgeIs(sessions.c, "none");
  await linesAre(app, ["one", "a", "b", "c", "two", "d"]);
  await page.bringToFront();
  await choose(app, app.row(sessions.c), "Move up");
  await linesAre(app, ["one", "a", "c", "b", "two", "d"]);
  await linesAre(other, ["one", "a", "c", "b", "two", "d"]);
  await app.row(sessions.c).getByRole("link").focus();
  await page.keyboard.press("Alt+ArrowUp");
  await linesAre(other, ["one", "c", "a", "b", "two", "d"]);
  await choose(app, group(app, projects.two), "Move up");
  await linesAre(other, ["two", "d", "one", "c", "a", "b"]);
  await choose(app, app.row(sessions.a), "Move to project…");
  await page.getByRole("dialog").getByLabel("Project", { exact: true }).fill("tw");
  await page.keyboard.press("Enter");
  await linesAre(other, ["two", "a", "d", "one", "c", "b"]);
  assert.equal((await own.ok("GET", `/api/sessions/${sessions.a}`)).project_id, projects.two);
  await page.reload();
  await linesAre(app, ["two", "a", "d", "one", "c", "b"]);
  app.verify({ lists: 2 });
  other.verify();
});

test("lines are dragged: within a project, to another one, and projects themselves", async (t) => {
  const { app, own, projects, sessions } = await withRows(t, { one: ["a", "b", "c"], two: ["d"] });
  const low = { targetPosition: { x: 60, y: 30 } };
  const high = { targetPosition: { x: 60, y: 3 } };
  await app.row(sessions.a).dragTo(app.row(sessions.c), low);
  await linesAre(app, ["one", "b", "c", "a", "two", "d"]);
  await app.row(sessions.c).dragTo(app.row(sessions.d), high);
  await linesAre(app, ["one", "b", "a", "two", "c", "d"]);
  await group(app, projects.two).dragTo(group(app, projects.one), high);
  await linesAre(app, ["two", "c", "d", "one", "b", "a"]);
  await app.until(
    async () => (await own.ok("GET", `/api/sessions/${sessions.c}`)).project_id === projects.two,
    "the move to be stored",
  );
  assert.equal(await app.page.getByTestId("drop-mark").count(), 0);
  app.verify();
});

test("a move that is refused is taken back, with the reason", async (t) => {
  const { app, page, own, projects, sessions } = await withRows(t, { one: ["a"], two: ["d"] });
  const gate = makeGate(t, own.dir);
  await run(own, sessions.a, gate.wait);
  await app.badgeIs(sessions.a, "working");
  await app.row(sessions.a).dragTo(group(app, projects.two));
  await page.getByText("“a” was not moved. The session's agent works.").waitFor();
  await linesAre(app, ["one", "a", "two", "d"]);
  assert.equal(await app.row(sessions.a).getAttribute("data-waiting"), null);
  gate.open();
  page.assertQuiet([/409/]);
});

test("a change shows at once as not saved yet", async (t) => {
  const { app, page, sessions } = await withRows(t, { one: ["a", "b"] });
  let answer;
  await page.route(/\/api\/sessions\//, async (route) => {
    await new Promise((resolve) => (answer = resolve));
    await route.continue();
  });
  await choose(app, app.row(sessions.b), "Move up");
  await linesAre(app, ["one", "b", "a"]);
  assert.equal(await app.row(sessions.b).getAttribute("data-waiting"), "true");
  await app.row(sessions.b).getByRole("link", { name: "b, not saved yet" }).waitFor();
  await app.until(() => answer, "the request");
  answer();
  await page.locator(`[data-session-id="${sessions.b}"]:not([data-waiting])`).waitFor();
  await linesAre(app, ["one", "b", "a"]);
  app.verify();
});

test("pinned sessions stand on top, pinned projects first; a closed project says what is inside", async (t) => {
  const { app, own, projects, sessions } = await withRows(t, { one: ["a", "b"], two: ["c", "d"] });
  await choose(app, app.row(sessions.d), "Pin");
  await linesAre(app, ["Pinned", "d", "one", "a", "b", "two", "c"]);
  await choose(app, app.row(sessions.a), "Pin");
  await linesAre(app, ["Pinned", "d", "a", "one", "b", "two", "c"]);
  await choose(app, group(app, projects.two), "Pin");
  await linesAre(app, ["Pinned", "d", "a", "two", "c", "one", "b"]);
  await choose(app, app.row(sessions.d), "Unpin");
  await linesAre(app, ["Pinned", "a", "two", "c", "d", "one", "b"]);
  await stored(app);
  await group(app, projects.two).getByRole("button", { name: "Hide the sessions of two" }).click();
  await linesAre(app, ["Pinned", "a", "two", "one", "b"]);
  const summary = group(app, projects.two).getByTestId("project-summary");
  assert.equal(await summary.count(), 0);
  const gate = makeGate(t, own.dir);
  await run(own, sessions.c, gate.wait);
  await run(own, sessions.d, "exit 3");
  await app.until(async () => (await summary.getAttribute("title")) === "1 failed", "the error inside");
  await app.page.reload();
  await linesAre(app, ["Pinned", "a", "two", "one", "b"]);
  gate.open();
  app.verify({ lists: 2 });
});

test("filters show any of what is chosen, with live counts; each says when there is nothing", async (t) => {
  const { app, page, own, sessions } = await withRows(t, { one: ["a", "b"], two: ["c", "d"] });
  const status = page.getByTestId("project-list").getByRole("status");
  for (const [kind, text] of [
    ["working", "No agent is working."],
    ["waiting", "No agent needs you."],
    ["error", "No session has failed."],
    ["unread", "Everything is read."],
  ]) {
    await filter(app, kind).click();
    await status.filter({ hasText: text }).waitFor();
    await filter(app, kind).click();
  }
  const gate = makeGate(t, own.dir);
  await run(own, sessions.a, gate.wait);
  await run(own, sessions.d, "exit 3");
  await filter(app, "working").filter({ hasText: "1" }).waitFor();
  await filter(app, "error").filter({ hasText: "1" }).waitFor();
  await filter(app, "error").click();
  await linesAre(app, ["two", "d"]);
  await filter(app, "working").click();
  await linesAre(app, ["one", "a", "two", "d"]);
  await filter(app, "error").click();
  await linesAre(app, ["one", "a"]);
  gate.open();
  await status.filter({ hasText: "No agent is working." }).waitFor();
  await page.getByRole("button", { name: "Show everything" }).click();
  await linesAre(app, ["one", "a", "b", "two", "c", "d"]);
  app.verify();
});

test("the search is over names of sessions and projects; Escape empties it, arrows lead into it", async (t) => {
  const { app, page, sessions } = await withRows(t, { web: ["fix login", "tests"], api: ["login page"] });
  const search = page.getByRole("searchbox", { name: "Search sessions and projects" });
  await search.fill("login");
  await linesAre(app, ["web", "fix login", "api", "login page"]);
  await search.fill("API login");
  await linesAre(app, ["api", "login page"]);
  await search.fill("web");
  await linesAre(app, ["web", "fix login", "tests"]);
  await search.fill("nowhere");
  await page.getByText("No session and no project has “nowhere” in its name.").waitFor();
  await search.press("Escape");
  assert.equal(await search.inputValue(), "");
  await search.fill("page");
  await linesAre(app, ["api", "login page"]);
  await search.press("ArrowDown");
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname.endsWith(sessions["login page"]));
  app.verify();
});

test("what is archived is away, is found in a view of its own, and comes back", async (t) => {
  const { app, page, own, projects, sessions } = await withRows(t, { one: ["a", "b"], two: ["c"] });
  await choose(app, app.row(sessions.b), "Archive");
  await linesAre(app, ["one", "a", "two", "c"]);
  await choose(app, group(app, projects.two), "Archive");
  await linesAre(app, ["one", "a"]);
  await page.getByRole("button", { name: "Actions for the list" }).click();
  await menuItem(app, "Show archived").click();
  await linesAre(app, ["one", "b", "two", "c"]);
  await choose(app, app.row(sessions.b), "Unarchive");
  await linesAre(app, ["two", "c"]);
  await choose(app, group(app, projects.two), "Unarchive");
  await page.getByText("Nothing is archived.").waitFor();
  await page.getByRole("button", { name: /^Archived/ }).click();
  await linesAre(app, ["one", "a", "b", "two", "c"]);
  await stored(app);
  assert.equal((await own.ok("GET", `/api/sessions/${sessions.b}`)).archived_at, null);
  app.verify();
});

test("everything is marked as read at once, here and on another device", async (t) => {
  const { app, page, own, projects, sessions } = await withRows(t, { one: ["a", "b", "c"] });
  const other = await openApp(t, browser, own);
  await other.openProject(projects.one);
  for (const id of Object.values(sessions)) await run(own, id, "echo hi");
  for (const each of [app, other]) await filter(each, "unread").filter({ hasText: "3" }).waitFor();
  await choose(app, app.row(sessions.a), "Mark as read");
  await other.row(sessions.a).getByTestId("unread-dot").waitFor({ state: "detached" });
  await app.until(async () => (await lines(app)).length === 4, "the rows");
  await page.getByRole("button", { name: "Actions for the list" }).click();
  await menuItem(app, "Mark all as read").click();
  for (const each of [app, other]) {
    for (const id of Object.values(sessions)) {
      await each.row(id).getByTestId("unread-dot").waitFor({ state: "detached" });
    }
  }
  app.verify();
  other.verify();
});

test("a new session like another: same project, agent and options", async (t) => {
  const { app, page, own, sessions } = await withRows(t, { one: ["a"] });
  await choose(app, app.row(sessions.a), "New session like this");
  await page.waitForURL(/\/sessions\//);
  const id = page.url().split("/").at(-1);
  assert.notEqual(id, sessions.a);
  const [old, made] = await Promise.all([sessions.a, id].map((each) => own.ok("GET", `/api/sessions/${each}`)));
  for (const field of ["project_id", "agent", "options"]) assert.deepEqual(made[field], old[field]);
  app.verify();
});

test("a deletion is sent when the page is left, and not if it was taken back", async (t) => {
  const { app, page, own, sessions } = await withRows(t, { one: ["a", "b"] });
  await run(own, sessions.a, "exit 3");
  await filter(app, "error").filter({ hasText: /^Error1$/ }).waitFor();
  await choose(app, app.row(sessions.a), "Delete");
  await linesAre(app, ["one", "b"]);
  await filter(app, "error").filter({ hasText: /^Error$/ }).waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await linesAre(app, ["one", "a", "b"]);
  await filter(app, "error").filter({ hasText: /^Error1$/ }).waitFor();
  await choose(app, app.row(sessions.b), "Delete");
  await linesAre(app, ["one", "a"]);
  assert.equal((await own.api("GET", `/api/sessions/${sessions.b}`)).status, 200, "not yet");
  await page.goto("about:blank");
  await app.until(
    async () => (await own.api("GET", `/api/sessions/${sessions.b}`)).status === 404,
    "the deletion",
  );
  assert.equal((await own.api("GET", `/api/sessions/${sessions.a}`)).status, 200);
  page.assertQuiet();
});

test("a row that is deleted by keyboard leaves the focus to the next one, the last one to the one before", async (t) => {
  const { app, page, projects, sessions } = await withRows(t, { one: ["a", "b", "c"] });
  const remove = async (name) => {
    await page.getByRole("button", { name: `Actions for ${name}` }).focus();
    await page.keyboard.press("Enter");
    await menuItem(app, "Delete").focus();
    await page.keyboard.press("Enter");
    await app.row(sessions[name]).waitFor({ state: "detached" });
  };
  const focused = (name) =>
    app.until(
      () => page.evaluate((text) => document.activeElement?.matches("[data-row-link]") && document.activeElement.textContent.trim() === text, name),
      `the focus on ${name}`,
    );
  for (const [gone, next] of [["b", "c"], ["c", "a"], ["a", "one"]]) {
    await app.row(sessions[gone]).getByRole("link").focus();
    await remove(gone);
    await focused(next);
  }
  await page.waitForURL((url) => url.pathname.endsWith(projects.one));
  app.verify();
});

test("a deletion that is refused brings the row back, with the reason", async (t) => {
  const { app, page, sessions } = await withRows(t, { one: ["a", "b"] });
  const error = { code: "STORE_FULL", message: "The disk is full: nothing was changed." };
  await page.route(/\/api\/sessions\//, (route) => route.fulfill({ status: 507, json: { error } }));
  await choose(app, app.row(sessions.a), "Delete");
  await linesAre(app, ["one", "b"]);
  await page.getByText("“a” was not deleted. The disk is full").waitFor();
  await linesAre(app, ["one", "a", "b"]);
  page.assertQuiet([/507/]);
});

test("a project with an agent at work is asked about before it is deleted", async (t) => {
  const { app, page, own, projects, sessions } = await withRows(t, { one: ["a", "b"], two: [] });
  const gate = makeGate(t, own.dir);
  await run(own, sessions.a, gate.wait);
  await app.badgeIs(sessions.a, "working");
  await choose(app, group(app, projects.one), "Delete");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("“one” and its 2 sessions leave muster for good; 1 of them is working").waitFor();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal(await group(app, projects.one).count(), 1);
  await choose(app, group(app, projects.two), "Delete");
  await page.getByText("Deleted “two”.").waitFor();
  await linesAre(app, ["one", "a", "b"]);
  gate.open();
  app.verify();
});

test("the arrows, Home and End go through 1,200 sessions, of which few are in the page", async (t) => {
  const own = await startMuster(t);
  const project = await newProject(own, "many");
  for (let at = 0; at < 1200; at += 1) {
    await own.newSession("shell", { projectId: project.id, name: `session ${1200 - at}` });
  }
  const app = await openApp(t, browser, own);
  const { page } = app;
  await app.openProject(project.id);
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  const focusIs = (text) => app.until(async () => (await focused()) === text, `the focus on ${text}`);
  // The list comes in slices, and the newest session with the last one.
  await page.locator('[aria-setsize="1201"]').first().waitFor();
  assert.ok((await page.getByTestId("session-row").count()) < 80, "rows in the page");
  await group(app, project.id).getByRole("link").focus();
  await page.keyboard.press("ArrowDown");
  await focusIs("session 1");
  await page.keyboard.press("End");
  await focusIs("session 1200");
  await page.keyboard.press("ArrowUp");
  await focusIs("session 1199");
  assert.ok((await page.getByTestId("session-row").count()) < 80, "rows in the page");
  const last = page.getByRole("listitem").filter({ hasText: "session 1200" });
  assert.deepEqual(
    [await last.getAttribute("aria-posinset"), await last.getAttribute("aria-setsize")],
    ["1201", "1201"],
  );
  await page.keyboard.press("Home");
  await focusIs("many");
  await page.keyboard.press("ArrowLeft");
  await app.until(async () => (await page.getByTestId("session-row").count()) === 0, "it to close");
  await page.keyboard.press("ArrowRight");
  await page.getByTestId("session-row").first().waitFor();
  app.verify();
});

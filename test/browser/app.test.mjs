/** The page by hand: what a person does with it, click by click and key by key. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, openPage, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";

/** Chromium itself says so of every request that is refused. */
const answered = (status) => new RegExp(`^error: Failed to load resource: .* status of ${status} `);

let browser, model, muster;
before(async () => {
  [model, browser] = await Promise.all([startModelServer(), launchBrowser(null)]);
  muster = await startMuster(null, { model });
});
after(async () => {
  await browser?.close();
  await muster?.dispose();
  await model?.close();
});

/** A page with a session of a new project on the screen. */
async function sessionOnScreen(t, { agent = "shell", ...options } = {}) {
  const project = await newProject(muster);
  const { sessionId } = await muster.newSession(agent, { projectId: project.id });
  const app = await openApp(t, browser, muster, options);
  await app.openSession({ projectId: project.id, sessionId });
  return { app, page: app.page, project, projectId: project.id, sessionId };
}

const group = ({ page }, projectId) => page.locator(`[data-testid="project-group"][data-project-id="${projectId}"]`);
const dialog = ({ page }) => page.getByRole("dialog");
const menuItem = ({ page }, name) => page.getByRole("menuitem", { name });

test("without a sign-in the page says how to get one; the link signs in, once", async (t) => {
  const page = await openPage(t, browser, muster, { login: false });
  await page.goto("/");
  await page.getByRole("heading", { name: "This browser is not signed in" }).waitFor();
  await page.getByText("muster login-url").waitFor();
  assert.equal(page.seen.sockets.length, 0, "no socket is tried in vain");
  const link = muster.loginUrl();
  await page.goto(link);
  await page.getByTestId("project-list").or(page.getByText("Add your first project")).first().waitFor();
  assert.doesNotMatch(page.url(), /[?#]./, "no secret stays in the address");
  page.assertQuiet([answered(401)]);
  const other = await openPage(t, browser, muster, { login: false });
  const answer = await other.goto(link);
  assert.ok(answer.status() >= 400, `the link works once: ${answer.status()}`);
  assert.match(await other.locator("body").innerText(), /login-url/);
});

test("a project is added through the dialog: a bad path is refused in the server's words", async (t) => {
  const { id: projectId } = await newProject(muster, "already");
  const app = await openApp(t, browser, muster);
  await app.openProject(projectId);
  await app.page.getByTestId("add-project-button").click();
  const path = dialog(app).getByLabel("Directory");
  const missing = join(muster.dir, "is-not-there");
  await path.fill(missing);
  await path.press("Enter");
  const alert = dialog(app).getByRole("alert");
  await alert.waitFor();
  const refused = await muster.api("POST", "/api/projects", { path: missing });
  assert.equal(await alert.innerText(), refused.body.error.message);
  assert.equal(await path.getAttribute("aria-invalid"), "true");
  const folder = mkdtempSync(join(muster.dir, "added-"));
  await path.fill(folder);
  await dialog(app).getByLabel(/^Name/).fill("Added by hand");
  await dialog(app).getByRole("button", { name: "Add project" }).click();
  await dialog(app).waitFor({ state: "detached" });
  await app.page.getByRole("heading", { name: "New session in Added by hand" }).waitFor();
  const { projects } = await muster.ok("GET", "/api/projects");
  const added = projects.find(({ path: each }) => each === folder);
  assert.equal(added.name, "Added by hand");
  assert.ok(app.page.url().endsWith(`/projects/${added.id}`));
  await group(app, added.id).waitFor();
  app.verify({ except: [answered(refused.status)] });
});

test("the first project is added on a page that is made for it", async (t) => {
  const own = await startMuster(t);
  const app = await openApp(t, browser, own);
  await app.page.goto("/");
  await app.page.getByRole("heading", { name: "Add your first project" }).waitFor();
  await app.page.getByLabel("Directory").fill(own.project);
  await app.page.getByRole("button", { name: "Add project" }).click();
  await app.input.waitFor();
  const id = await app.startSession("echo hello");
  await app.says("text", "hello");
  await app.badgeIs(id, "none");
  app.verify();
});

test("a project is renamed and deleted, with time to take it back, in every tab", async (t) => {
  const { app, page, project, projectId, sessionId } = await sessionOnScreen(t);
  const other = await openApp(t, browser, muster, { context: page.context() });
  await other.openSession({ projectId, sessionId });
  await page.bringToFront();
  const open = async (name) => {
    await group(app, projectId).hover();
    await group(app, projectId).getByRole("button", { name: `Actions for ${project.name}`, exact: true }).click();
    await menuItem(app, name).click();
  };
  await open("Rename…");
  await dialog(app).getByLabel("Name").fill("Renamed");
  await dialog(app).getByRole("button", { name: "Rename" }).click();
  for (const tab of [app, other]) {
    await group(tab, projectId).getByRole("link", { name: "Renamed" }).waitFor();
  }
  project.name = "Renamed";
  await open("Delete");
  await group(app, projectId).waitFor({ state: "detached" });
  await page.getByText("Deleted “Renamed” and its one session.").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await group(app, projectId).waitFor();
  assert.equal(await group(other, projectId).count(), 1, "nothing was deleted");
  await open("Delete");
  for (const tab of [app, other]) await group(tab, projectId).waitFor({ state: "detached" });
  await page.waitForURL((url) => !url.pathname.includes(projectId));
  await other.page.getByRole("heading", { name: "There is no such session" }).waitFor();
  assert.equal((await muster.api("GET", `/api/sessions/${sessionId}`)).status, 404);
  app.verify();
  other.verify();
});

test("a session is renamed in its heading and by its menu, and deleted while it works", async (t) => {
  const { app, page, projectId, sessionId } = await sessionOnScreen(t);
  await page.getByRole("heading", { level: 1 }).getByRole("button").click();
  await page.getByLabel("Session name").fill("By heading");
  await page.keyboard.press("Enter");
  await app.row(sessionId).getByRole("link", { name: "By heading" }).waitFor();
  const open = async (name) => {
    await app.row(sessionId).hover();
    await app.row(sessionId).getByRole("button", { name: /^Actions for/ }).click();
    await menuItem(app, name).click();
  };
  await open("Rename…");
  await dialog(app).getByLabel("Name").fill("By menu");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "By menu" }).waitFor();
  const gate = makeGate(t, muster.dir);
  await app.send(gate.wait);
  await app.badgeIs(sessionId, "working");
  await open("Delete");
  await app.row(sessionId).waitFor({ state: "detached" });
  await page.getByText("Deleted “By menu”. Its agent will be stopped.").waitFor();
  await page.waitForURL((url) => url.pathname === `/projects/${projectId}`);
  await page.getByRole("heading", { name: /^New session in/ }).waitFor();
  const isGone = async () => (await muster.api("GET", `/api/sessions/${sessionId}`)).status === 404;
  await app.until(isGone, "the session to be gone from the server");
  app.verify();
});

test("a new session leads straight to the composer, and the agent chosen last is chosen again", async (t) => {
  const { app, page } = await sessionOnScreen(t);
  await page.getByTestId("new-session-button").click();
  await page.getByRole("heading", { name: /^New session in/ }).waitFor();
  await app.until(() => app.input.evaluate((input) => input === document.activeElement), "the focus in the composer");
  await app.chooseAgent(/^Shell/);
  await page.reload();
  await page.getByRole("button", { name: "Agent: Shell" }).waitFor();
  await app.chooseAgent(/^Claude Code(?! over)/);
  await page.reload();
  await page.getByRole("button", { name: "Agent: Claude Code" }).waitFor();
  const id = await app.startSession("[[say:hello from the model]]");
  await app.says("text", "hello from the model");
  assert.equal((await muster.ok("GET", `/api/sessions/${id}`)).agent, "claude");
  app.verify({ lists: 3 });
});

test("what is typed before the list of agents has come is not lost: Send waits for it", async (t) => {
  const { id } = await newProject(muster);
  const app = await openApp(t, browser, muster);
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await app.page.route("**/api/agents", (route) => held.then(() => route.continue()));
  await app.openProject(id);
  await app.input.fill("echo early");
  await app.input.press("Enter");
  assert.ok(await app.page.getByTestId("send-button").isDisabled(), "nothing could be made of it yet");
  assert.equal(await app.input.inputValue(), "echo early");
  await app.page.getByTestId("agent-picker").click();
  await app.page.getByRole("menu").waitFor();
  release();
  // What comes into an open menu leaves it open.
  await app.page.getByRole("menuitemradio", { name: /^Shell/ }).click();
  await app.input.press("Enter");
  await app.says("text", "early");
  app.verify();
});

test("an agent that is not installed is shown, with how to install it", async (t) => {
  const own = await startMuster(t);
  const { id } = await newProject(own);
  const app = await openApp(t, browser, own);
  await app.openProject(id);
  await app.page.getByRole("button", { name: "Agent: Shell" }).click();
  const claude = app.page.getByRole("menuitemradio", { name: /Claude Code(?! over)/ });
  assert.equal(await claude.getAttribute("aria-disabled"), "true");
  assert.match(await claude.innerText(), /Not installed\..*npm install -g @anthropic-ai\/claude-code/s);
  app.verify();
});

test("Enter sends, Shift+Enter breaks the line, nothing sends nothing", async (t) => {
  const { app, page } = await sessionOnScreen(t);
  assert.ok(await page.getByTestId("send-button").isDisabled(), "nothing to send");
  await app.input.press("Enter");
  await app.input.pressSequentially("echo one");
  await app.input.press("Shift+Enter");
  await app.input.pressSequentially("echo two");
  assert.equal(await app.input.inputValue(), "echo one\necho two");
  await app.input.press("Enter");
  assert.equal(await app.input.inputValue(), "");
  await app.says("text", "two");
  assert.deepEqual(await app.transcript(), [["user", "echo one\necho two"], ["text", "one\ntwo"]]);
  app.verify();
});

test("Cancel ends a turn: idle, and the next one runs", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  assert.equal(await page.getByTestId("cancel-button").count(), 0, "nothing to cancel");
  await app.send("echo begun; sleep 1000");
  await app.says("text", "begun");
  await page.getByTestId("cancel-button").click();
  await app.badgeIs(sessionId, "none");
  await page.getByTestId("cancel-button").waitFor({ state: "detached" });
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working", "none"]);
  await app.send("echo again");
  await app.says("text", "again");
  app.verify();
});

test("Cancel ends a turn of Claude Code: idle, what it said stays, and the next one runs", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t, { agent: "claude" });
  await app.send("[[say:half of it]][[wait:for-ever]]");
  await app.says("text", "half of it");
  await page.getByTestId("cancel-button").click();
  await app.badgeIs(sessionId, "none", 30_000);
  await app.says("text", "half of it");
  await app.send("[[say:the next one]]");
  await app.says("text", "the next one", 30_000);
  assert.deepEqual((await app.badgeHistory(sessionId)).includes("error"), false);
  app.verify();
});

test("the transcript streams: text is there, and grows, before the turn has ended", async (t) => {
  const { app, sessionId } = await sessionOnScreen(t);
  const gate = makeGate(t, muster.dir);
  await app.send(`echo one; ${gate.wait}; echo two; ${gate.wait}; echo three`);
  for (const text of ["one", "one\ntwo"]) {
    await app.until(async () => (await app.transcript())[1]?.[1] === text, `the text to be ${text}`);
    assert.equal(await app.badge(sessionId).getAttribute("data-state-kind"), "working");
    gate.open();
  }
  await app.badgeIs(sessionId, "none");
  assert.equal((await app.transcript())[1][1], "one\ntwo\nthree");
  app.verify();
});

test("a reload in mid-turn, by the session's address: what came stays, and it goes on", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  const gate = makeGate(t, muster.dir);
  await app.send(`echo one; ${gate.wait}; echo two`);
  await app.says("text", "one");
  await page.reload();
  await app.says("text", "one");
  await app.badgeIs(sessionId, "working");
  await page.getByTestId("cancel-button").waitFor();
  gate.open();
  await app.badgeIs(sessionId, "none");
  await app.says("text", "two");
  assert.equal((await app.transcript())[1][1], "one\ntwo");
  app.verify({ lists: 2 });
});

test("addresses that lead nowhere say so", async (t) => {
  const { app, page, projectId } = await sessionOnScreen(t);
  const unknown = "00000000-0000-4000-8000-000000000000";
  for (const [path, what] of [
    [`/projects/${projectId}/sessions/${unknown}`, "session"],
    [`/projects/${unknown}`, "project"],
    ["/nowhere", "page"],
  ]) {
    await page.goto(path);
    await page.getByRole("heading", { name: `There is no such ${what}` }).waitFor();
  }
  await page.getByRole("link", { name: "To your projects" }).click();
  await page.getByRole("heading", { name: /^New session in/ }).waitFor();
  app.verify({ lists: 4 });
});

test("what was typed and not sent is there after a reload, for each session", async (t) => {
  const { app, page, projectId, sessionId } = await sessionOnScreen(t);
  const { sessionId: other } = await muster.newSession("shell", { projectId });
  await app.input.fill("half a thought");
  await app.clickSession(other);
  assert.equal(await app.input.inputValue(), "");
  await app.input.fill("another");
  await page.reload();
  assert.equal(await app.input.inputValue(), "another");
  await app.clickSession(sessionId);
  assert.equal(await app.input.inputValue(), "half a thought");
  app.verify({ lists: 2 });
});

test("an unread dot appears in the other session's row, and opening it clears it everywhere", async (t) => {
  const { app, page, projectId, sessionId } = await sessionOnScreen(t);
  const { sessionId: other } = await muster.newSession("shell", { projectId });
  const tab = await openApp(t, browser, muster, { context: page.context() });
  await tab.openProject(projectId);
  const dot = (where) => where.row(other).getByTestId("unread-dot");
  assert.equal(await dot(app).count(), 0);
  await muster.ok("POST", `/api/sessions/${other}/messages`, { id: crypto.randomUUID(), text: "echo news" });
  await Promise.all([dot(app).waitFor(), dot(tab).waitFor()]);
  await app.badgeIs(other, "none");
  await app.clickSession(other);
  await app.says("text", "news");
  await Promise.all([dot(app).waitFor({ state: "detached" }), dot(tab).waitFor({ state: "detached" })]);
  await app.clickSession(sessionId);
  assert.equal(await dot(app).count(), 0, "it was read");
  const row = await muster.ok("GET", `/api/sessions/${other}`);
  assert.equal(row.read_seq, row.last_seq);
  app.verify();
});

test("prompts sent while the agent works wait above the composer, and run in their order", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  const gate = makeGate(t, muster.dir);
  const queued = page.getByTestId("queued-prompt");
  await app.send(`${gate.wait}; echo one`);
  await app.badgeIs(sessionId, "working");
  await app.send(`${gate.wait}; echo two`);
  await queued.filter({ hasText: "echo two" }).waitFor();
  await app.send("echo three");
  await queued.filter({ hasText: "echo three" }).waitFor();
  assert.equal(await queued.count(), 2);
  const [queue, composer] = await Promise.all([page.getByLabel("Queue").boundingBox(), app.input.boundingBox()]);
  assert.ok(queue.y + queue.height <= composer.y, "the queue is above the composer");
  gate.open();
  await app.until(async () => (await queued.count()) === 1, "the first to leave the queue");
  gate.open();
  await app.says("text", "three");
  await app.badgeIs(sessionId, "none");
  await page.getByLabel("Queue").waitFor({ state: "detached" });
  const texts = (await app.transcript()).filter(([kind]) => kind === "text").map(([, text]) => text);
  assert.deepEqual(texts, ["one", "two", "three"]);
  app.verify();
});

test("by keyboard alone: send, go to another session, rename it, delete it", async (t) => {
  const own = await startMuster(t);
  const { projectId, sessionId } = await own.newSession("shell");
  const { sessionId: other } = await own.newSession("shell", { projectId, name: "Other" });
  const app = await openApp(t, browser, own);
  await app.openSession({ projectId, sessionId });
  const { page } = app;
  const { keyboard } = page;
  const row = app.row(other);
  const goTo = async (locator, key = "Tab") => {
    await locator.waitFor({ state: "attached" });
    const passed = [];
    for (let presses = 0; presses < 60; presses += 1) {
      if (await locator.evaluate((element) => element === document.activeElement)) return;
      await keyboard.press(key);
      passed.push(await page.evaluate(() => document.activeElement.outerHTML.slice(0, 60)));
    }
    throw new Error(`${locator} is not reached by ${key}, which passed\n${passed.join("\n")}`);
  };
  const choose = async (name) => {
    await goTo(row.getByRole("button", { name: /^Actions for/ }));
    await keyboard.press("Enter");
    await goTo(menuItem(app, name), "ArrowDown");
    await keyboard.press("Enter");
  };
  await row.waitFor();
  await keyboard.type("echo typed");
  await keyboard.press("Enter");
  await app.says("text", "typed");
  await goTo(app.row(sessionId).getByRole("link"), "Shift+Tab");
  await goTo(row.getByRole("link"), "ArrowUp");
  await keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname.endsWith(other));
  await choose("Rename…");
  await goTo(dialog(app).getByLabel("Name"));
  await keyboard.press("ControlOrMeta+A");
  await keyboard.type("Typed name");
  await keyboard.press("Enter");
  await row.getByRole("link", { name: "Typed name" }).waitFor();
  await dialog(app).waitFor({ state: "detached" });
  await choose("Rename…");
  await dialog(app).waitFor();
  await keyboard.press("Escape");
  await dialog(app).waitFor({ state: "detached" });
  const actions = row.getByRole("button", { name: "Actions for Typed name" });
  await app.until(() => actions.evaluate((button) => button === document.activeElement), "the focus to be back");
  await choose("Delete");
  await row.waitFor({ state: "detached" });
  assert.equal(await app.row(sessionId).count(), 1);
  app.verify();
});

test("usable at 390 px: no sideways scrolling, the sidebar is a sheet, a message is sent", async (t) => {
  const viewport = { width: 390, height: 844 };
  const { app, page, projectId, sessionId } = await sessionOnScreen(t, { viewport });
  const { sessionId: other } = await muster.newSession("shell", { projectId });
  const fits = async () => {
    const width = await page.evaluate(() => document.scrollingElement.scrollWidth);
    assert.ok(width <= viewport.width, `the page is ${width} px wide`);
  };
  await app.send("echo a-word-that-is-longer-than-the-screen-is-wide-and-has-no-place-to-break-at-all-anywhere");
  await app.says("text", "a-word");
  await fits();
  const send = await page.getByTestId("send-button").boundingBox();
  assert.ok(send.x + send.width <= viewport.width && send.y + send.height <= viewport.height, "Send is on the screen");
  assert.equal(await app.row(sessionId).count(), 0, "the sidebar is away");
  await page.getByRole("button", { name: "Projects and sessions" }).click();
  await app.row(other).waitFor();
  await fits();
  await app.clickSession(other);
  await app.row(other).waitFor({ state: "detached" });
  await page.getByTestId("new-session-button").click();
  await page.getByRole("heading", { name: /^New session in/ }).waitFor();
  await fits();
  app.verify();
});

test("light and dark: as the system says, unless one chooses, which is kept", async (t) => {
  const { app, page } = await sessionOnScreen(t, { colorScheme: "dark" });
  const brightness = () =>
    page.evaluate(() => {
      const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
      canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
      canvas.fillRect(0, 0, 1, 1);
      return Math.max(...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3));
    });
  assert.ok((await brightness()) < 64, `dark: ${await brightness()}`);
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "Light" }).click();
  await app.until(async () => (await brightness()) > 200, "a light page");
  await page.reload();
  await app.input.waitFor();
  assert.ok((await brightness()) > 200, "still light");
  app.verify({ lists: 2 });
});

test("5,000 lines of output: the end is in view, typing is not held up, all is there after a reload", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  await app.send("i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo \"line $i of the long output\"; done");
  await app.badgeIs(sessionId, "none");
  await app.says("text", "line 5000 of the long output");
  const atEnd = () =>
    page.getByRole("log", { name: "Transcript" }).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 2);
  await app.until(atEnd, "the end in view");
  const started = Date.now();
  await app.input.pressSequentially("echo still quick");
  assert.ok(Date.now() - started < 2_000, `16 keys took ${Date.now() - started} ms`);
  const whole = (text) => assert.deepEqual([text.split("\n").length, text.split("\n")[2499]], [5000, "line 2500 of the long output"]);
  whole((await app.transcript())[1][1]);
  await page.reload();
  await app.says("text", "line 5000 of the long output");
  await app.until(atEnd, "the end in view after a reload");
  whole((await app.transcript())[1][1]);
  app.verify({ lists: 2 });
});

/** Nothing of it became an element, and nothing of it ran. */
async function assertInert({ page }) {
  assert.equal(await page.evaluate(() => window.bad), undefined);
  const found = await page.locator("main").evaluate((main) => main.querySelectorAll("script, img, iframe, [onerror], a[href^='javascript']").length);
  assert.equal(found, 0);
}

const HOSTILE = `<script>window.bad=1</script><img src=x onerror=window.bad=1><iframe src=javascript:window.bad=1>`;

test("HTML and escape sequences in a message and in output are text", async (t) => {
  const { app, sessionId } = await sessionOnScreen(t);
  const prompt = `printf '%s \\033[31mred\\033[0m \\033]0;title\\007end\\n' '${HOSTILE}'`;
  await app.send(prompt);
  await app.says("text", "end");
  await app.badgeIs(sessionId, "none");
  assert.deepEqual(await app.transcript(), [["user", prompt], ["text", `${HOSTILE} red end`]]);
  await assertInert(app);
  await muster.ok("PATCH", `/api/sessions/${sessionId}`, { name: HOSTILE });
  await app.row(sessionId).getByRole("link", { name: HOSTILE }).waitFor();
  await assertInert(app);
  await app.send(`echo '${HOSTILE}' >&2; exit 1`);
  await app.badgeIs(sessionId, "error");
  await app.badge(sessionId).hover();
  await app.page.getByRole("tooltip").filter({ hasText: "<script>" }).waitFor();
  await assertInert(app);
  app.verify();
});

test("HTML, scripts and pictures in Markdown of an agent are text", async (t) => {
  const { app, sessionId } = await sessionOnScreen(t, { agent: "claude" });
  const text = `**bold** ${HOSTILE} [link](javascript:window.bad=1) ![picture](http://127.0.0.1:9/x.png)`;
  await app.send(`[[say:${text}]]`);
  await app.messages("text").locator("strong", { hasText: "bold" }).waitFor();
  await app.badgeIs(sessionId, "none");
  assert.match((await app.transcript()).at(-1)[1], /<script>window\.bad=1<\/script>/);
  await assertInert(app);
  assert.ok(!app.page.seen.requests.some(({ path }) => path.endsWith("x.png")), "no picture is fetched");
  app.verify();
});

test("a table with many columns is scrolled sideways, and breaks no word", async (t) => {
  const { app } = await sessionOnScreen(t, { agent: "claude" });
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const columns = Array.from({ length: 14 }, (_, at) => `Column${at}`);
  const table = [row(columns), row(columns.map(() => "---")), row(columns.map(() => "some words in a cell"))].join("\n");
  await app.send(`[[say:${table}]]`);
  const head = app.messages("text").locator("th");
  await head.last().waitFor();
  const heights = await head.evaluateAll((all) => all.map((one) => one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)));
  assert.ok(heights.every((lines) => lines < 2), `each name is one line: ${heights}`);
  assert.ok(await head.last().evaluate((cell) => {
    const box = cell.closest("table").parentElement;
    return box.scrollWidth > box.clientWidth && box.clientWidth <= cell.closest("[data-testid=message]").clientWidth;
  }));
  app.verify();
});

/** The composer by hand: files, history, Escape, large texts, two tabs, drags, and the queue above it. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";
import { PNG, scenesFolder } from "./agent-scenes.mjs";

const PHONE = { width: 390, height: 844 };
const MIB = 1_048_576;

let browser, muster, scenes;
before(async () => {
  scenes = scenesFolder();
  browser = await launchBrowser(null);
  muster = await startMuster(null, { path: [scenes.dir] });
});
after(async () => {
  await browser?.close();
  await muster?.dispose();
  scenes?.remove();
});

/** A page with a session of a new project on the screen. */
async function sessionOnScreen(t, { agent = "shell", files = [], ...options } = {}) {
  const project = await newProject(muster);
  for (const file of files) {
    mkdirSync(join(project.folder, file, ".."), { recursive: true });
    writeFileSync(join(project.folder, file), "");
  }
  const { sessionId } = await muster.newSession(agent, { projectId: project.id });
  const app = await openApp(t, browser, muster, options);
  await app.openSession({ projectId: project.id, sessionId });
  return { app, page: app.page, projectId: project.id, sessionId };
}

const value = ({ input }) => input.inputValue();
const valueIs = (app, text) => app.until(async () => (await value(app)) === text, `the text ${JSON.stringify(text)}`);
const notice = ({ page }) => page.getByTestId("composer-notice");

for (const colorScheme of ["light", "dark"]) {
  test(`files are offered after an @, narrowed, and taken by key or click (${colorScheme})`, async (t) => {
    const files = ["src/main.c", "src/parser/main.h", "docs/two words.md", "README.md"];
    const { app, page } = await sessionOnScreen(t, { agent: "claude", files, colorScheme });
    const options = page.getByRole("listbox", { name: "Files" }).getByRole("option");
    await app.input.pressSequentially("Look at @");
    await app.until(async () => (await options.count()) === 4, "every file");
    await app.input.pressSequentially("main");
    await app.until(async () => (await options.count()) === 2, "two files");
    assert.equal(await options.first().innerText(), "src/main.c");
    assert.deepEqual(await options.first().locator("b").allInnerTexts(), ["main"]);
    await page.keyboard.press("Tab");
    await valueIs(app, "Look at @src/main.c ");
    await app.input.pressSequentially("and @two");
    await options.filter({ hasText: "docs/two words.md" }).click();
    await valueIs(app, 'Look at @src/main.c and @"docs/two words.md" ');
    await page.keyboard.press("Control+z");
    await valueIs(app, "Look at @src/main.c and @two");
    await page.keyboard.press("End");
    await page.keyboard.press("Backspace");
    await options.first().waitFor();
    await page.keyboard.press("Escape");
    await options.first().waitFor({ state: "detached" });
    await app.input.pressSequentially("onosuch @zzz");
    await page.getByText("No file matches “zzz”.").last().waitFor();
    await page.keyboard.press("Enter");
    await app.says("user", "Look at @src/main.c and @twonosuch @zzz");
    await app.says("text", "Done.");
    app.verify();
  });
}

test("a new session's first message has the files of its project, too; the shell has none", async (t) => {
  const { app, page, projectId } = await sessionOnScreen(t, { files: ["only.txt"] });
  await app.input.pressSequentially("echo @on");
  assert.equal(await page.getByRole("listbox").count(), 0);
  await app.openProject(projectId);
  await app.chooseAgent(/^Claude Code9/);
  await app.input.pressSequentially("Look at @on");
  await page.getByRole("option", { name: "only.txt" }).waitFor();
  await page.keyboard.press("Enter");
  await valueIs(app, "Look at @only.txt ");
  app.verify({ lists: 2 });
});

test("a prompt that is brought back and ends with a file opens no list: the arrows go on", async (t) => {
  const { app, page } = await sessionOnScreen(t, { agent: "claude", files: ["a.txt"] });
  await app.input.pressSequentially("first");
  await page.keyboard.press("Enter");
  await app.says("text", "Done.");
  await app.input.pressSequentially("Look at @a");
  await page.getByRole("option", { name: "a.txt" }).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await app.says("user", "Look at @a.txt");
  await app.input.press("ArrowUp");
  await valueIs(app, "Look at @a.txt");
  assert.equal(await page.getByRole("listbox").count(), 0);
  await app.input.press("ArrowUp");
  await valueIs(app, "first");
  app.verify();
});

test("the arrow brings back what was sent, after a reload too", async (t) => {
  const { app, page } = await sessionOnScreen(t);
  for (const word of ["one", "two"]) {
    await app.send(`echo ${word}`);
    await app.says("text", word);
  }
  await page.reload();
  await app.live();
  await app.says("text", "two");
  await app.input.press("ArrowUp");
  await valueIs(app, "echo two");
  await app.input.press("ArrowUp");
  await valueIs(app, "echo one");
  await app.input.press("ArrowDown");
  await app.input.press("ArrowDown");
  await valueIs(app, "");
  await app.input.press("ArrowUp");
  await app.input.pressSequentially(" and three");
  await app.input.press("ArrowUp");
  await valueIs(app, "echo two and three");
  app.verify({ lists: 2 });
});

test("Escape interrupts when it is pressed twice, wherever the focus is; what is typed and queued stays", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  await app.send("echo begun; sleep 1000");
  await app.says("text", "begun");
  await app.send("echo queued");
  await page.getByTestId("queued-prompt").waitFor();
  await app.input.fill("half a thought");
  await app.input.press("Escape");
  await notice(app).filter({ hasText: "Press Esc again to interrupt; what is queued waits" }).waitFor();
  await app.badgeIs(sessionId, "working");
  await app.until(async () => (await notice(app).innerText()) === "", "the first press to be forgotten");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.keyboard.press("Escape");
  assert.equal(await notice(app).innerText(), "", "the field took the key");
  await page.getByLabel("Transcript", { exact: true }).focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await app.badgeIs(sessionId, "none");
  assert.equal(await value(app), "half a thought");
  assert.equal(await page.getByTestId("queued-prompt").count(), 1);
  app.verify();
});

test("a draft is the same in two tabs: neither writes over the other's", async (t) => {
  const { app, page, projectId, sessionId } = await sessionOnScreen(t);
  const other = await openApp(t, browser, muster, { context: page.context() });
  await other.openSession({ projectId, sessionId });
  await app.input.fill("echo from one");
  await valueIs(other, "echo from one");
  await other.input.press("End");
  await other.input.pressSequentially(" and two");
  await valueIs(app, "echo from one and two");
  await other.page.getByTestId("send-button").click();
  await valueIs(app, "");
  await app.says("text", "from one and two");
  app.verify();
  other.verify();
});

test("a megabyte is pasted, typed in, kept and sent; more is refused in words", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t, { agent: "claude" });
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const paste = async (count) => {
    await page.evaluate((length) => {
      const line = `${"words ".repeat(16)}\n`;
      return navigator.clipboard.writeText(line.repeat(Math.ceil(length / line.length)).slice(0, length));
    }, count);
    await app.input.press("Control+a");
    await page.keyboard.press("Control+v");
  };
  await paste(MIB + 2_048);
  await page.getByRole("alert").filter({ hasText: "The message is 2 kB too long: at most 1 MB." }).waitFor();
  assert.ok(await page.getByTestId("send-button").isDisabled());
  await paste(MIB - 100);
  await notice(app).filter({ hasText: "100 B left" }).waitFor();
  await app.input.pressSequentially("still typed");
  await page.reload();
  await app.live();
  assert.equal((await value(app)).length, MIB - 89);
  await page.getByTestId("send-button").click();
  await valueIs(app, "");
  await app.says("text", "Done.");
  await app.badgeIs(sessionId, "none");
  app.verify({ lists: 2 });
});

test("files that are dragged over the page are for the message, wherever they are dropped", async (t) => {
  const { app, page } = await sessionOnScreen(t, { agent: "claude" });
  const drag = (type, data) =>
    page.getByLabel("Transcript", { exact: true }).evaluate(
      (place, [name, bytes]) => {
        const dataTransfer = new DataTransfer();
        const content = Uint8Array.from(atob(bytes), (char) => char.charCodeAt(0));
        dataTransfer.items.add(new File([content], "dropped.png", { type: "image/png" }));
        place.dispatchEvent(new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true }));
      },
      [type, data.toString("base64")],
    );
  await drag("dragover", PNG);
  await page.getByTestId("drop-overlay").filter({ hasText: "Drop images to add them to the message" }).waitFor();
  await drag("drop", PNG);
  await page.getByTestId("drop-overlay").waitFor({ state: "detached" });
  await page.getByTestId("attachment").waitFor();
  app.verify();
});

test("the queue: dragged, moved by key, removed and taken back, and full in words", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  const gate = makeGate(t, muster.dir);
  await app.send(gate.wait);
  await app.badgeIs(sessionId, "working");
  const items = page.getByTestId("queued-prompt");
  for (const [at, word] of ["one", "two", "three"].entries()) {
    await app.send(`echo ${word}`);
    await items.nth(at).waitFor();
  }
  const queue = async () => (await items.allInnerTexts()).map((text) => text.trim().split(" ")[1]).join(" ");
  const becomes = (words) => app.until(async () => (await queue()) === words, `the queue ${words}`);
  const handle = (at) => items.nth(at).getByRole("button", { name: /^Move prompt/ });
  const middle = async (place) => {
    const { x, y, width, height } = await place.boundingBox();
    return [x + width / 2, y + height / 2];
  };
  await page.mouse.move(...(await middle(handle(0))));
  await page.mouse.down();
  const [x, y] = await middle(handle(2));
  await page.mouse.move(x, y + 6, { steps: 4 });
  await page.mouse.up();
  await becomes("two three one");
  await handle(2).focus();
  await page.keyboard.press("ArrowUp");
  await becomes("two one three");
  assert.ok(await handle(1).evaluate((each) => each === document.activeElement), "the handle keeps the focus");
  await page.keyboard.press("Home");
  await becomes("one two three");
  await items.nth(1).getByRole("button", { name: "Remove" }).click();
  await becomes("one three");
  await page.getByRole("button", { name: "Undo" }).click();
  await becomes("one two three");
  await items.nth(2).getByRole("button", { name: "Remove" }).click();
  await becomes("one two");
  gate.open();
  await app.says("text", "two");
  await app.badgeIs(sessionId, "none");
  await page.getByRole("button", { name: "Undo" }).click();
  await valueIs(app, "echo three");
  await page.getByRole("alert").filter({ hasText: "the turn has ended since" }).waitFor();
  app.verify();
});

test("a full queue refuses before anything is sent", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  await app.send("sleep 1000");
  await app.badgeIs(sessionId, "working");
  for (let at = 1; at <= 100; at += 1)
    await muster.ok("POST", `/api/sessions/${sessionId}/messages`, { id: crypto.randomUUID(), text: `echo ${at}` });
  await page.getByText("100 of 100 queued").waitFor();
  await page.getByRole("alert").filter({ hasText: "100 prompts wait, and more do not fit." }).waitFor();
  await app.input.fill("echo one more");
  assert.ok(await page.getByTestId("send-button").isDisabled());
  await page.getByTestId("cancel-button").click();
  await app.badgeIs(sessionId, "none");
  app.verify();
});

test("on a phone Enter breaks the line, and the button sends", async (t) => {
  const { app, page } = await sessionOnScreen(t, { viewport: PHONE, phone: true });
  await app.input.tap();
  await app.input.pressSequentially("echo one");
  await page.keyboard.press("Enter");
  await app.input.pressSequentially("echo two");
  assert.equal(await value(app), "echo one\necho two");
  await page.getByTestId("send-button").tap();
  await app.says("text", "two");
  app.verify();
});

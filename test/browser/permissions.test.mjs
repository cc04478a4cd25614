/** What an agent asks is answered on the page, in any tab; and what waits behind a turn is changed. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";

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
async function sessionOnScreen(t, server, agent) {
  const project = await newProject(server);
  const { sessionId } = await server.newSession(agent, { projectId: project.id });
  const app = await openApp(t, browser, server);
  await app.openSession({ projectId: project.id, sessionId });
  return { app, page: app.page, project, projectId: project.id, sessionId };
}

const cards = ({ page }) => page.getByTestId("permission-card");
const button = (place, name) => place.getByRole("button", { name, exact: true });
const gone = (locator) => locator.waitFor({ state: "detached" });

test("a request outlives a reload, is answered in another tab, and leaves both", async (t) => {
  const { app, page, project, projectId, sessionId } = await sessionOnScreen(t, muster, "claude");
  const other = await openApp(t, browser, muster, { context: page.context() });
  await other.openSession({ projectId, sessionId });
  await page.bringToFront();
  await app.send("[[tool:touch made.txt]][[say:It is made.]]");
  await cards(app).getByText("touch made.txt", { exact: true }).waitFor();
  await app.badgeIs(sessionId, "waiting");
  assert.ok(await app.input.evaluate((input) => input === document.activeElement), "the focus stays");
  await page.reload();
  await app.live();
  await page.getByRole("group", { name: "Claude Code wants to use Bash" }).waitFor();
  await cards(app).getByText(/^Allow always adds: allow Bash\(touch made\.txt\)/).waitFor();
  await other.page.bringToFront();
  await other.badgeIs(sessionId, "waiting");
  await button(cards(other), "Allow").click();
  await gone(cards(other));
  await gone(cards(app));
  await app.says("text", "It is made.");
  await other.says("text", "It is made.");
  assert.ok(existsSync(join(project.folder, "made.txt")), "the tool was used");
  for (const tab of [app, other]) await tab.badgeIs(sessionId, "none");
  app.verify({ lists: 2 });
  other.verify();
});

/** Runs in the page: what the server says of answers does not arrive. */
function loseResolutions() {
  const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    configurable: true,
    set(handler) {
      const lost = ({ data }) => typeof data === "string" && data.includes('"permission_resolved"');
      set.call(this, handler && ((event) => lost(event) || handler(event)));
    },
  });
}

test("who answers too late is told so quietly, and the request goes away", async (t) => {
  const { app, page, projectId, sessionId } = await sessionOnScreen(t, muster, "claude");
  const late = await openApp(t, browser, muster, { context: page.context() });
  await late.page.addInitScript(loseResolutions);
  await late.openSession({ projectId, sessionId });
  await late.send("[[tool:touch once.txt]][[say:It is made once.]]");
  await cards(late).waitFor();
  await page.bringToFront();
  await button(cards(app), "Allow").click();
  await app.says("text", "It is made once.");
  await late.page.bringToFront();
  await late.badgeIs(sessionId, "none");
  await button(cards(late), "Deny").click();
  await late.page.getByText("Bash: answered elsewhere.").waitFor();
  await gone(cards(late));
  app.verify();
  late.verify();
});

test("a denial is told to the agent, with what the person wrote; nothing is done", async (t) => {
  const { app, page, project, sessionId } = await sessionOnScreen(t, muster, "claude");
  await app.send("[[tool:touch unwanted.txt]][[say:Then not.]]");
  await page.getByLabel("What the agent is told with a denial").fill("Use another name.");
  await button(cards(app), "Deny").click();
  await gone(cards(app));
  await app.says("text", "Then not.");
  await app.badgeIs(sessionId, "none");
  assert.ok(!existsSync(join(project.folder, "unwanted.txt")));
  assert.match(JSON.stringify(model.requests.at(-1).body.messages), /Use another name\./);
  app.verify();
});

test('"Deny and stop" ends the turn', async (t) => {
  const { app, project, sessionId } = await sessionOnScreen(t, muster, "claude");
  await app.send("[[tool:touch stopped.txt]][[say:This is never said.]]");
  await button(cards(app), "Deny and stop").click();
  await gone(cards(app));
  await app.until(async () => (await app.badge(sessionId).count()) === 0, "the end of the turn");
  assert.ok(!existsSync(join(project.folder, "stopped.txt")));
  assert.equal(await app.messages("text").filter({ hasText: "never said" }).count(), 0);
  app.verify();
});

const QUESTIONS = [
  {
    question: "Which colour?",
    header: "Colour",
    multiSelect: false,
    options: [{ label: "Red", description: "warm" }, { label: "Blue", description: "cold" }],
  },
  {
    question: "Which parts?",
    header: "Parts",
    multiSelect: true,
    options: [{ label: "Top", description: "" }, { label: "Side", description: "" }],
  },
];

/** A program in the place of Claude Code: asks, and says what it was answered. */
function askingClaude(folder) {
  const dir = join(folder, "asking-claude");
  mkdirSync(dir);
  const script = `#!/usr/bin/env node
if (process.argv[2] === "--version") {
  console.log("9.9.9 (Claude Code)");
  process.exit();
}
const session_id = "11111111-2222-4333-8444-555555555555";
const print = (line) => console.log(JSON.stringify({ session_id, ...line }));
const say = (text) => print({ type: "assistant", message: { id: "m", content: [{ type: "text", text }] } });
print({ type: "system", subtype: "init", model: "fake" });
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { type, response } = JSON.parse(line);
  const input = { questions: ${JSON.stringify(QUESTIONS)} };
  const request = { subtype: "can_use_tool", tool_name: "AskUserQuestion", input, tool_use_id: "t" };
  if (type === "user") print({ type: "control_request", request_id: "ask", request });
  if (type !== "control_response") return;
  const { behavior, updatedInput } = response.response;
  say(behavior + " " + JSON.stringify(updatedInput?.answers ?? null));
  print({ type: "result", is_error: false, result: "done", terminal_reason: "completed" });
});
`;
  writeFileSync(join(dir, "claude"), script, { mode: 0o755 });
  return dir;
}

test("a question is answered with its options and with free text, or dismissed", async (t) => {
  const own = await startMuster(t, { path: [askingClaude(muster.dir)] });
  const { app, page, sessionId } = await sessionOnScreen(t, own, "claude");
  await app.send("Ask me.");
  await page.getByRole("group", { name: "Claude Code asks 2 questions" }).waitFor();
  await page.getByRole("radio", { name: "Red warm" }).check();
  assert.ok(await button(page, "Send answers").isDisabled(), "one question has no answer yet");
  await page.getByRole("checkbox", { name: "Side" }).check();
  await page.getByLabel("Other answer: Which parts?").fill("the lid");
  await button(page, "Send answers").click();
  await app.says("text", '{"Which colour?":"Red","Which parts?":"Side, the lid"}');
  await gone(cards(app));
  await app.badgeIs(sessionId, "none");
  await app.send("Ask me again.");
  await button(cards(app), "Dismiss").click();
  await app.says("text", "deny null");
  await app.badgeIs(sessionId, "none");
  app.verify();
});

test("what waits in the queue is changed, moved, removed, and sent now", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t, muster, "shell");
  const gate = makeGate(t, muster.dir);
  await app.send(`${gate.wait}; echo the first has ended`);
  await app.badgeIs(sessionId, "working");
  const items = page.getByTestId("queued-prompt");
  for (const [at, word] of ["one", "two", "three", "four"].entries()) {
    await app.send(`echo ${word} was run`);
    await items.nth(at).waitFor();
  }
  const item = (word) => items.filter({ hasText: word });
  const queue = async () => (await items.allInnerTexts()).map((text) => text.split(" ")[1]).join(" ");
  const becomes = (words) => app.until(async () => (await queue()) === words, `the queue ${words}`);
  await becomes("one two three four");
  await button(item("one"), "Edit").click();
  await page.getByLabel("Queued prompt").fill("echo other was run");
  await page.keyboard.press("Enter");
  await becomes("other two three four");
  await button(item("two"), "Remove").click();
  await becomes("other three four");
  await button(item("other"), "Move down").click();
  await becomes("three other four");
  await page.reload();
  await app.live();
  await becomes("three other four");
  await button(item("four"), "Stop the running turn and send this now").click();
  await app.says("text", "four was run");
  await app.says("text", "other was run");
  await gone(items.first());
  await app.badgeIs(sessionId, "none");
  const said = (await app.transcript()).filter(([kind]) => kind === "text").map(([, text]) => text);
  assert.deepEqual(said, ["four was run", "three was run", "other was run"]);
  app.verify({ lists: 2 });
});

/** What agents bring besides text is shown, and can be used: plans, changes, options, usage, commands. */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";
import { FACTS, IMAGE, PNG, decorate, scenesFolder } from "./agent-scenes.mjs";

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

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

/** A page with a session of a new project on the screen, whose agent has told `facts`. */
async function sessionOnScreen(t, { facts = FACTS, agent = "claude", ...options } = {}) {
  const project = await newProject(muster);
  const { sessionId } = await muster.newSession(agent, { projectId: project.id });
  const app = await openApp(t, browser, muster, { viewport: DESKTOP, ...options });
  await app.page.addInitScript(decorate, facts);
  await app.page.route(`**/api/images/${IMAGE.id}`, (route) => route.fulfill({ contentType: "image/png", body: PNG }));
  await app.openSession({ projectId: project.id, sessionId });
  return { app, page: app.page, project, projectId: project.id, sessionId };
}

const cards = ({ page }) => page.getByTestId("permission-card");
const button = (place, name) => place.getByRole("button", { name, exact: true });

test("plans, changes, images and sub-agents are shown as what they are, and again after a reload", async (t) => {
  const { app, page } = await sessionOnScreen(t);
  await app.send("[records]");
  await app.says("text", "holds back");
  for (const round of [1, 2]) {
    const steps = page.getByRole("list", { name: "Plan" }).getByRole("listitem");
    await steps.first().waitFor();
    assert.deepEqual(await steps.evaluateAll((all) => all.map((each) => each.dataset.status)), [
      ...["completed", "in_progress", "pending"],
    ]);
    const lines = page.getByRole("group", { name: "Changed lines" });
    await lines.locator('[data-diff="add"]').filter({ hasText: "size_t n = held_back(p);" }).waitFor();
    assert.equal(await lines.count(), 1, "the long change is folded");
    const inside = page.locator('[data-testid="message"][data-depth="1"]');
    assert.equal(await inside.count(), 2, "two calls of the sub-agent");
    await page.getByRole("button", { name: /^Image, PNG.*large/ }).waitFor();
    await app.messages("tool").filter({ hasText: "Odd" }).waitFor();
    if (round === 1) await page.reload();
  }
  await page.getByRole("button", { name: /^Image, PNG.*large/ }).click();
  await page.getByRole("dialog").getByRole("img", { name: /^Image, PNG/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: /docs\/lines\.md/ }).click();
  await page.getByText("# Lines").first().waitFor();
  app.verify({ lists: 2 });
});

test("a plan that is done is one line", async (t) => {
  const { app, page } = await sessionOnScreen(t);
  await app.send("[finished]");
  const fold = page.getByRole("button", { name: /Plan.*all 3 done/ });
  await fold.waitFor();
  assert.equal(await fold.getAttribute("aria-expanded"), "false");
  app.verify();
});

test("the agent's own lines are fetched when one looks, by keyboard too", async (t) => {
  const { app, page } = await sessionOnScreen(t);
  const line = JSON.stringify({ type: "assistant", message: { id: "m" } });
  await page.route("**/api/messages/*/raw", (route) =>
    route.fulfill({ json: { lines: [{ line, bytes: line.length, cut: false }] } }),
  );
  await app.send("[short]");
  await app.says("text", "Done.");
  const menu = app.messages("text").getByRole("button", { name: "Actions for this record" });
  await menu.focus();
  await page.keyboard.press("Enter");
  const item = page.getByRole("menuitem", { name: "Show the agent’s own lines" });
  const inMenu = () => page.evaluate(() => document.activeElement?.closest("[role=menu]") !== null);
  await item.waitFor();
  await app.until(inMenu, "the menu to have the focus");
  assert.equal(app.calls.filter((call) => call.includes("/raw")).length, 0, "nothing was fetched yet");
  await page.keyboard.press("End");
  await app.until(() => item.evaluate((each) => each === document.activeElement), "the last item to have the focus");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText('"assistant"').waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await app.until(() => menu.evaluate((each) => each === document.activeElement), "the focus to be where it was");
  app.verify();
});

test("a plan is approved, or sent back with what it lacks", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  await app.send("[plan]");
  const card = page.getByRole("group", { name: "Claude Code has a plan" });
  await card.getByRole("table").waitFor();
  await card.getByText("Approve always adds: switch to the mode acceptEdits (in this session).").waitFor();
  await card.getByLabel("What the agent is told with a denial").fill("Add a test.");
  await button(card, "Keep planning").click();
  await app.says("text", "deny: Add a test.");
  await app.send("[plan] again");
  await button(card, "Approve plan").click();
  await app.says("text", "allow");
  await app.badgeIs(sessionId, "none");
  app.verify();
});

test("an edit that needs leave is shown as the change that it is", async (t) => {
  const { app, sessionId } = await sessionOnScreen(t);
  await app.send("[edit]");
  await cards(app).locator('[data-diff="del"]').filter({ hasText: "int n = read(p);" }).waitFor();
  await cards(app).getByText("/p/src/parser.c").waitFor();
  await button(cards(app), "Allow").click();
  await app.says("text", "allow");
  await app.badgeIs(sessionId, "none");
  app.verify();
});

test("the mode is switched; a refusal is said in words and changes nothing", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  const options = page.getByTestId("session-options");
  const choose = async (name) => {
    await options.click();
    await page.getByRole("menuitemradio", { name }).click();
  };
  await choose(/^Plan/);
  const row = () => muster.ok("GET", `/api/sessions/${sessionId}`);
  await app.until(async () => (await row()).options?.permission_mode === "plan", "the option in the row");
  await choose(/^Sonnet/);
  await app.until(async () => (await row()).options?.model === "sonnet", "the model in the row");
  await choose(/^Made up/);
  await page.getByText(/^Mode was not switched\. .*permission_mode/).waitFor();
  assert.deepEqual((await row()).options, { permission_mode: "plan", model: "sonnet" });
  app.verify({ except: [/status of 422/] });
});

test("usage is in the header, in the details, and summed for the project, without a request", async (t) => {
  const { app, page, projectId, sessionId } = await sessionOnScreen(t);
  await app.send("[short]");
  await app.badgeIs(sessionId, "none");
  await page.getByTestId("session-usage").filter({ hasText: "$0.13" }).waitFor();
  const before = app.calls;
  await page.locator("header").getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Details…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("12k in · 340 out · $0.13, 11k of the input from a cache, 1 turn").waitFor();
  await dialog.getByText("fake-model").waitFor();
  await page.keyboard.press("Escape");
  assert.deepEqual(app.calls, before);
  await page.locator(`[data-project-id="${projectId}"]`).getByRole("link", { name: "project", exact: true }).click();
  await page.waitForURL((url) => url.pathname.endsWith(`/projects/${projectId}`));
  await page.getByTestId("project-usage").filter({ hasText: "12k in · 340 out · $0.13" }).waitFor();
  app.verify();
});

test("an agent that has said nothing for long is said to be quiet, and still to be working", async (t) => {
  const facts = { quiet_since: new Date(Date.now() - 7 * 60_000 - 15_000).toISOString() };
  const { app, page, sessionId } = await sessionOnScreen(t, { facts });
  await app.send("[quiet]");
  await app.badgeIs(sessionId, "working");
  await page.getByTestId("session-quiet").filter({ hasText: "No output for 7 min" }).waitFor();
  await app.badge(sessionId).hover();
  await page.getByRole("tooltip").filter({ hasText: "No output for 7 min" }).waitFor();
  await page.getByTestId("cancel-button").click();
  await app.badgeIs(sessionId, "none");
  await page.getByTestId("session-quiet").waitFor({ state: "detached" });
  app.verify();
});

test("slash commands are offered, chosen by keyboard, and sent", async (t) => {
  const { app, page } = await sessionOnScreen(t);
  await app.input.pressSequentially("/");
  const options = page.getByRole("listbox", { name: "Commands" }).getByRole("option");
  await options.first().waitFor();
  assert.equal(await options.count(), 3);
  await page.keyboard.press("ArrowDown");
  assert.equal(await options.nth(1).getAttribute("aria-selected"), "true");
  await page.keyboard.press("Enter");
  assert.equal(await app.input.inputValue(), "/review ");
  await app.input.pressSequentially("7");
  await page.keyboard.press("Enter");
  await app.says("user", "/review 7");
  await app.says("text", "Done.");
  app.verify();
});

test("images are sent with a message: pasted, chosen, refused, queued, and there after a reload", async (t) => {
  const { app, page, sessionId } = await sessionOnScreen(t);
  const chips = page.getByTestId("attachment");
  const choose = (name, buffer, mimeType = "image/png") =>
    page.getByTestId("image-input").setInputFiles({ name, mimeType, buffer });
  const loaded = (place) =>
    app.until(() => place.locator("img").first().evaluate((img) => img.naturalWidth === 8), "the picture");
  await choose("first.png", PNG);
  await loaded(chips);
  await choose("words.png", Buffer.from("no picture"));
  await page.getByRole("alert").filter({ hasText: "words.png was not taken." }).waitFor();
  await choose("vector.svg", Buffer.from("<svg/>"), "image/svg+xml");
  await page.getByRole("alert").filter({ hasText: "vector.svg is not a PNG, JPEG, WebP or GIF image." }).waitFor();
  await page.reload();
  await app.live();
  await loaded(chips);
  await app.send("[quiet] What is this?");
  await loaded(app.messages("user"));
  assert.equal(await chips.count(), 0);
  await app.badgeIs(sessionId, "working");
  await app.input.evaluate((input, data) => {
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
    input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, PNG.toString("base64"));
  await loaded(chips);
  await app.send("And this?");
  await page.getByTestId("queued-prompt").getByRole("img", { name: "1 image" }).waitFor();
  await page.getByTestId("cancel-button").click();
  await app.badgeIs(sessionId, "none");
  app.verify({ lists: 2, except: [/status of 4(15|22)/] });
});

test("an agent that takes no images says so, and the message stays", async (t) => {
  const { app, page } = await sessionOnScreen(t, { agent: "shell", facts: {} });
  assert.equal(await page.getByTestId("image-input").count(), 0);
  await app.input.fill("echo hello");
  const refused = page.getByRole("alert").filter({ hasText: "Shell takes no images." });
  // Until the page has the list of agents, it says that it does not know.
  await app.until(async () => {
    await app.input.evaluate((input) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["x"], "x.png", { type: "image/png" }));
      input.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    });
    return (await refused.count()) === 1;
  }, "the refusal");
  assert.equal(await app.input.inputValue(), "echo hello");
  app.verify();
});

for (const colorScheme of ["light", "dark"]) {
  test(`nothing is wider than a phone (${colorScheme})`, async (t) => {
    const { app, page } = await sessionOnScreen(t, { viewport: PHONE, phone: true, colorScheme });
    const fits = async (what) => {
      const [width, wide] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.querySelector('[aria-label="Transcript"]').scrollWidth,
      ]);
      assert.ok(width <= PHONE.width && wide <= PHONE.width, `${what}: ${width} and ${wide} px`);
    };
    await app.send("[records]");
    await app.says("text", "holds back");
    await page.getByRole("group", { name: "Changed lines" }).first().waitFor();
    await fits("records");
    await app.send("[plan]");
    await cards(app).getByRole("table").waitFor();
    await fits("a plan to approve");
    await button(cards(app), "Approve plan").click();
    await cards(app).waitFor({ state: "detached" });
    await app.send("[edit]");
    await cards(app).locator('[data-diff="del"]').first().waitFor();
    await fits("an edit to allow");
    await button(cards(app), "Deny").click();
    await cards(app).waitFor({ state: "detached" });
    await page.getByTestId("session-options").tap();
    await page.getByRole("menuitemradio", { name: /^Plan/ }).waitFor();
    await fits("the options");
    app.verify();
  });
}

/** The session view: long transcripts, the reader's place, find, links, copies, and what a turn took. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";
import { IMAGE, PNG, decorate, scenesFolder } from "./agent-scenes.mjs";

const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const LONG = 3000;
const COPIES = ["clipboard-read", "clipboard-write"];

let browser, muster, scenes, long;
before(async () => {
  scenes = scenesFolder();
  browser = await launchBrowser(null);
  muster = await startMuster(null, { path: [scenes.dir] });
  long = await longSession(LONG);
});
after(async () => {
  await browser?.close();
  await muster?.dispose();
  scenes?.remove();
});

/** A session whose one turn has left so many records. */
async function longSession(count) {
  const { id: projectId } = await newProject(muster);
  const { sessionId } = await muster.newSession("claude", { projectId });
  await muster.ok("POST", `/api/sessions/${sessionId}/messages`, { id: randomUUID(), text: `[many ${count}]` });
  await poll(async () => {
    const { state, last_seq } = await muster.ok("GET", `/api/sessions/${sessionId}`);
    return state === "idle" && last_seq > count;
  }, "the end of the long turn", 60_000);
  return { projectId, sessionId };
}

async function open(t, place, { facts = {}, hash = "", ...options } = {}) {
  const app = await openApp(t, browser, muster, { viewport: DESKTOP, ...options });
  await app.page.context().grantPermissions(COPIES);
  await app.page.addInitScript(decorate, facts);
  await app.page.route(`**/api/images/${IMAGE.id}`, (route) => route.fulfill({ contentType: "image/png", body: PNG }));
  await app.openSession({ ...place, sessionId: place.sessionId + hash });
  return app;
}

async function newPlace(agent = "claude") {
  const { id: projectId } = await newProject(muster);
  const { sessionId } = await muster.newSession(agent, { projectId });
  return { projectId, sessionId };
}

const log = ({ page }) => page.getByRole("log", { name: "Transcript" });
const record = ({ page }, text) => page.getByTestId("message").filter({ hasText: text });
const pages = ({ calls }) => calls.filter((call) => /^GET .*\/messages$/.test(call)).length;
const clipboard = ({ page }) => page.evaluate(() => navigator.clipboard.readText());
/** As a reader does it, with the wheel. */
const scrollTo = (app, top) =>
  log(app).evaluate((box, to) => {
    box.dispatchEvent(new WheelEvent("wheel"));
    box.scrollTo(0, to);
  }, top);
const distance = (app) => log(app).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
/** How far a record stands below the top of the transcript. */
const topOf = (app, one) =>
  one.evaluate((each) => each.getBoundingClientRect().top - each.closest("[role=log]").getBoundingClientRect().top);
const settled = ({ page }) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));

async function inSight(app, one, what) {
  await one.waitFor();
  await app.until(async () => {
    const [top, height] = [await topOf(app, one), await log(app).evaluate((box) => box.clientHeight)];
    return top > -20 && top < height;
  }, `${what} to be in sight`);
}

async function fromMenu(app, one, name) {
  await one.hover();
  await one.getByRole("button", { name: "Actions for this record" }).click();
  await app.page.getByRole("menuitem", { name }).click();
}

test("3,000 messages: few are on the page at first, older ones come as one scrolls, and the place is kept", async (t) => {
  const app = await open(t, long);
  await inSight(app, record(app, `Answer ${LONG - 2} `), "the newest answer");
  assert.ok((await distance(app)) < 2, "it begins at its end");
  assert.ok((await app.messages().count()) < 150, "what is far away is not on the page");
  assert.equal(pages(app), 0, "the join brings enough to read");
  // What draws Markdown has come: a record that becomes another under the reader's eyes may move.
  await app.page.getByRole("button", { name: "Copy code" }).first().waitFor({ state: "attached" });
  const seen = await app.page.evaluate(async () => {
    const box = document.querySelector("[role=log]");
    const first = () => {
      const edge = box.getBoundingClientRect().top;
      return [...box.querySelectorAll("[data-id]")].find((each) => each.getBoundingClientRect().bottom > edge + 40);
    };
    // An observer tells of places as they are painted.
    const painted = (element) =>
      new Promise((done) => {
        const observer = new IntersectionObserver(([entry]) => {
          observer.disconnect();
          done(entry.boundingClientRect.top);
        });
        observer.observe(element);
      });
    // The reader scrolls by so much; whatever is put in above, what was seen moves by just that.
    const jumps = [];
    for (let step = 0; step < 260; step += 1) {
      // At the top the reader waits for what is older.
      for (let frame = 0; box.scrollTop === 0 && frame < 120; frame += 1) {
        await new Promise((done) => requestAnimationFrame(done));
      }
      if (box.scrollTop === 0) break;
      const one = first();
      const was = await painted(one);
      // Where the top is reached, what turns out lower above it cannot be made up for.
      const nearTop = box.scrollTop < 600;
      const by = Math.min(300, box.scrollTop);
      box.dispatchEvent(new WheelEvent("wheel"));
      box.scrollTop -= by;
      const moved = (await painted(one)) - was;
      if (Math.abs(moved - by) > 2 && !nearTop) jumps.push([step, moved, by]);
    }
    return jumps;
  });
  assert.deepEqual(seen, [], "[step, how far it moved, how far it was scrolled]");
  assert.ok(pages(app) >= 3, `${pages(app)} pages of older messages came by themselves`);
  app.verify();
});

test("older messages that do not load say why, and come at the next try", async (t) => {
  const app = await open(t, long);
  await app.page.route("**/messages?before=*", (route) =>
    route.fulfill({ status: 503, json: { error: { code: "STORE_FAILED", message: "The disk is gone." } } }),
  );
  await record(app, `Answer ${LONG - 2} `).waitFor();
  await scrollTo(app, 0);
  const alert = log(app).getByRole("alert");
  await alert.filter({ hasText: "Older messages did not load. The disk is gone." }).waitFor();
  const tried = pages(app);
  await app.page.unroute("**/messages?before=*");
  await settled(app);
  assert.equal(pages(app), tried, "it is not tried again and again");
  await alert.getByRole("button", { name: "Try again" }).click();
  await alert.waitFor({ state: "detached" });
  await app.until(() => pages(app) > tried, "another page");
  app.verify({ except: [/status of 503/] });
});

test("a stream moves nobody who reads above it; a button and the End key lead to the newest", async (t) => {
  const place = await newPlace("shell");
  const app = await open(t, place);
  const gate = makeGate(t, muster.dir);
  await app.send(`seq 1 400; ${gate.wait}; echo the newest line`);
  await app.says("text", "400");
  await app.until(async () => (await distance(app)) < 2, "the end to be followed");
  await scrollTo(app, 100);
  await app.page.getByRole("button", { name: "To the end" }).waitFor();
  const before = await topOf(app, app.messages("text").first());
  gate.open();
  const news = app.page.getByRole("button", { name: "New messages" });
  await news.waitFor();
  assert.equal(await topOf(app, app.messages("text").first()), before, "what is read stays where it is");
  await log(app).focus();
  await app.page.keyboard.press("End");
  await news.waitFor({ state: "detached" });
  assert.ok((await distance(app)) < 2);
  app.verify();
});

test("content that becomes shorter and grows at once leaves the end in sight", async (t) => {
  const place = await newPlace("shell");
  const app = await open(t, place);
  await app.send("seq 1 100");
  await app.says("text", "100");
  await app.badgeIs(place.sessionId, "none");
  await log(app).evaluate(async (box) => {
    const filler = box.firstElementChild.appendChild(document.createElement("div"));
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    for (const [first, then] of [[900, 900], [100, 800], [300, 1200]]) {
      filler.style.height = `${first}px`;
      box.getBoundingClientRect(); // the shorter content moves the box up
      filler.style.height = `${then}px`;
      await frame();
      await frame();
    }
  });
  assert.ok((await distance(app)) < 2, `${await distance(app)} px above the end`);
  assert.equal(await app.page.getByRole("button", { name: "To the end" }).count(), 0);
  app.verify();
});

test("a fold that is opened stays where it was clicked, at the end too", async (t) => {
  const place = await newPlace();
  const app = await open(t, place);
  await app.send("[many 41]");
  await app.page.getByTestId("turn-line").waitFor();
  await app.badgeIs(place.sessionId, "none");
  await settled(app);
  await app.until(async () => (await distance(app)) < 2, "the end to be followed");
  const fold = app.messages("tool").last().getByRole("button", { expanded: false });
  await record(app, "Answer 40 ").getByRole("button", { name: "Copy code" }).waitFor({ state: "attached" });
  let before = NaN;
  await app.until(async () => before === (before = await topOf(app, fold)), "everything to be at its place");
  await fold.click();
  const open_ = app.messages("tool").last().getByRole("button", { expanded: true });
  await open_.waitFor();
  await settled(app);
  const stays = async (one) => {
    const now = await topOf(app, one);
    assert.ok(Math.abs(now - before) < 1, `it was at ${before}, and is at ${now}; ${await distance(app)} px above the end`);
  };
  await stays(open_);
  await open_.click();
  await settled(app);
  await stays(fold);
  assert.ok((await distance(app)) < 48, "the end is where it was");
  app.verify();
});

test("a stream renders the message that grows, and no other", async (t) => {
  const place = await newPlace("shell");
  const app = await open(t, place);
  await app.send("echo first");
  await app.badgeIs(place.sessionId, "none");
  const gate = makeGate(t, muster.dir);
  await app.send(`echo begin; ${gate.wait}; for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done`);
  await app.says("text", "begin");
  const changed = app.page.evaluate(() => new Promise((done) => {
    const touched = new Set();
    const look = (records) => {
      for (const { target } of records) {
        const own = (target.nodeType === 1 ? target : target.parentElement)?.closest("[data-seq]");
        if (own) touched.add(own.dataset.seq);
      }
      if (document.querySelector('[data-seq="4"]').textContent.includes("line 5")) done([...touched]);
    };
    const options = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(look).observe(document.querySelector("[role=log]"), options);
  }));
  gate.open();
  assert.deepEqual(await changed, ["4"]);
  await app.badgeIs(place.sessionId, "none");
  app.verify();
});

test("find looks through the whole session, opens folds, and goes from place to place", async (t) => {
  const app = await open(t, long);
  const { page } = app;
  await record(app, `Answer ${LONG - 2} `).waitFor();
  await app.input.focus();
  await page.keyboard.press("Control+f");
  const bar = page.getByRole("search", { name: "Find in this session" });
  await bar.getByRole("textbox").fill("landmark");
  await page.getByTestId("find-progress").filter({ hasText: /Searched [\d,]+ of 3,001 messages/ }).waitFor();
  const count = bar.getByRole("status");
  await count.filter({ hasText: "30 of 30" }).waitFor({ timeout: 60_000 });
  await page.getByTestId("find-progress").waitFor({ state: "detached" });
  assert.equal(pages(app), Math.ceil((LONG + 1) / 200) - 1, "each page once");
  await inSight(app, record(app, "landmark 2900"), "the last place");
  await page.keyboard.press("Enter");
  await count.filter({ hasText: "1 of 30" }).waitFor();
  await inSight(app, record(app, "landmark 0 "), "the first place");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.press("Shift+Enter");
  await count.filter({ hasText: "29 of 30" }).waitFor();
  await inSight(app, record(app, "landmark 2800"), "the one before the last");
  const marks = await page.evaluate(() => [...CSS.highlights.get("find-current")].map(String));
  assert.deepEqual(marks, ["landmark"]);
  await bar.getByRole("textbox").fill("line 1501 of the output");
  await count.filter({ hasText: "5 of 5" }).waitFor();
  const call = app.page.locator('[data-kind="tool"]').filter({ hasText: "line 1501 of the output" });
  await inSight(app, call, "the call");
  assert.equal(await call.getByRole("button", { expanded: true }).count(), 1, "its fold is open");
  await bar.getByRole("textbox").fill("nowhere to be found");
  await count.filter({ hasText: "Not found" }).waitFor();
  await page.keyboard.press("Escape");
  await bar.waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => CSS.highlights.size), 0);
  await page.getByRole("button", { name: "Find in this session" }).click();
  await bar.waitFor();
  const kept = await bar.getByRole("textbox").evaluate((field) => {
    const press = new KeyboardEvent("keydown", { key: "f", ctrlKey: true, bubbles: true, cancelable: true });
    return field.dispatchEvent(press);
  });
  assert.ok(kept, "pressed in the field, the browser's own find is opened");
  app.verify();
});

test("while one looks for something, what comes leads nobody back to it; Enter does", async (t) => {
  const app = await open(t, await newPlace("shell"));
  const gate = makeGate(t, muster.dir);
  await app.send(`seq 1 400; ${gate.wait}; echo the newest line`);
  await app.says("text", "400");
  await app.page.keyboard.press("Control+f");
  const bar = app.page.getByRole("search");
  await bar.getByRole("textbox").fill("317");
  await bar.getByRole("status").filter({ hasText: "1 of 1" }).waitFor();
  const top = () => log(app).evaluate((box) => box.scrollTop);
  await app.until(async () => (await top()) > 3000, "the place");
  await scrollTo(app, 100);
  await settled(app);
  gate.open();
  await app.says("text", "the newest line");
  await settled(app);
  assert.equal(await top(), 100);
  await app.page.keyboard.press("Enter");
  await app.until(async () => (await top()) > 3000, "the place again");
  app.verify();
});

test("a message has an address: it leads there, from far away too, and says where there is no such message", async (t) => {
  const app = await open(t, long);
  const newest = record(app, `Answer ${LONG - 2} `);
  await newest.waitFor();
  await fromMenu(app, newest, "Copy link");
  await app.page.getByText("The link was copied.").waitFor();
  const link = new URL(await clipboard(app));
  assert.match(link.pathname + link.hash, /^\/projects\/[^/]+\/sessions\/[^/]+#m-.+$/);
  const { messages } = await muster.ok("GET", `/api/sessions/${long.sessionId}/messages?before=60&limit=30`);
  const old = messages.find(({ kind }) => kind === "text");
  const other = await open(t, long, { hash: `#m-${old.id}` });
  const one = other.page.locator(`[data-id="${old.id}"]`);
  await one.waitFor({ timeout: 60_000 });
  await inSight(other, one, "the old message");
  assert.match(await one.getAttribute("class"), /\bmarked\b/);
  assert.ok(await one.evaluate((each) => each === document.activeElement), "it has the focus");
  await settled(other);
  await inSight(other, one, "the old message, still");
  const missing = await open(t, await newPlace(), { hash: "#m-nothing" });
  await missing.page.getByText("The message that this link names is not in this session.").waitFor();
  await missing.page.getByRole("button", { name: "Dismiss" }).click();
  await missing.page.getByText("The message that this link names").waitFor({ state: "detached" });
  for (const each of [app, other, missing]) each.verify();
});

test("a message, a command, an output, and the whole session are copied", async (t) => {
  const app = await open(t, long);
  const { page } = app;
  await app.messages("tool").last().waitFor();
  const call = record(app, `make test-${LONG - 1}`).last();
  await fromMenu(app, call, "Copy command");
  await page.getByText("The command was copied.").waitFor();
  assert.equal(await clipboard(app), `make test-${LONG - 1}`);
  await fromMenu(app, call, "Copy output");
  await page.getByText("The output was copied.").waitFor();
  assert.equal(await clipboard(app), `line ${LONG - 1} of the output\n`.repeat(5));
  await fromMenu(app, call, "Copy as Markdown");
  await page.getByText("The record was copied.").waitFor();
  assert.match(await clipboard(app), /^\*\*Bash\*\*: `make test-2999`\n\n.*\n\n```\nline 2999/s);
  const code = record(app, `Answer ${LONG - 4} `).getByRole("button", { name: "Copy code" });
  await code.click();
  await record(app, `Answer ${LONG - 4} `).getByRole("button", { name: "Copied" }).waitFor();
  assert.match(await clipboard(app), /^export const value2996/);
  await page.locator("header").getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Copy as Markdown" }).click();
  await page.getByText("The session was copied: 3,001 messages.").waitFor({ timeout: 60_000 });
  const text = await clipboard(app);
  assert.ok(text.startsWith("# [many 3000]\n\n## You\n\n[many 3000]\n\n## Claude Code\n\nAnswer 0 **landmark 0** says"));
  assert.equal(text.match(/^Answer \d+ /gm).length, LONG / 2);
  app.verify();
});

test("under a turn stands what it took; while one runs, for how long it has", async (t) => {
  const app = await open(t, await newPlace("shell"));
  const gate = makeGate(t, muster.dir);
  await app.send(`echo hello; ${gate.wait}`);
  await app.says("text", "hello");
  await app.page.getByTestId("working-line").filter({ hasText: /Working\s*\d+s/ }).waitFor();
  assert.equal(await app.page.getByTestId("turn-line").count(), 0);
  gate.open();
  await app.page.getByTestId("working-line").waitFor({ state: "detached" });
  await app.page.getByTestId("turn-line").filter({ hasText: /^(under 1s|\d+s)$/ }).waitFor();
  await app.send("exit 3");
  await app.page.getByTestId("turn-line").filter({ hasText: /Ended with an error (after|in)/ }).waitFor();
  app.verify();
  const other = await open(t, await newPlace());
  await other.send("[short]");
  const line = other.page.getByTestId("turn-line");
  await line.filter({ hasText: /· 12k in · 340 out · \$0\.13$/ }).waitFor();
  await line.hover();
  await other.page.getByRole("tooltip").filter({ hasText: /Began .*Ended .*Model fake-model.*11k of the input/s }).waitFor();
  await other.page.reload();
  await line.filter({ hasText: "$0.13" }).waitFor();
  other.verify({ lists: 2 });
});

test("by keyboard: from message to message, and what a record is called", async (t) => {
  const app = await open(t, await newPlace());
  await app.send("[short]");
  await app.says("text", "Done.");
  await log(app).focus();
  await app.page.keyboard.press("j");
  const focused = () => app.page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  assert.equal(await focused(), "You, message");
  await app.page.keyboard.press("j");
  assert.equal(await focused(), "Claude Code, message");
  await app.page.keyboard.press("k");
  assert.equal(await focused(), "You, message");
  assert.equal(await log(app).getAttribute("aria-live"), "off", "a stream is not read out");
  await app.input.focus();
  await app.page.keyboard.type("jk");
  assert.equal(await app.input.inputValue(), "jk");
  app.verify();
});

test("changes have numbers and counts; what is unchanged opens by a click", async (t) => {
  const app = await open(t, await newPlace());
  await app.send("[patch]");
  const lines = app.page.getByRole("group", { name: "Changed lines" });
  await lines.first().waitFor();
  const numbers = await lines.first().locator("[data-diff]").evaluateAll((all) =>
    all.map((line) => [line.dataset.diff, ...[...line.querySelectorAll("[aria-hidden][class*=attr]")].map((n) => n.dataset.number ?? "")]),
  );
  assert.deepEqual(numbers, [
    ["gap", "", ""],
    ["same", "11", "11"],
    ["del", "12", ""],
    ["add", "", "12"],
    ["add", "", "13"],
    ["same", "13", "14"],
  ]);
  const gap = lines.nth(1).getByRole("button", { name: "20 unchanged" });
  await gap.click();
  await lines.nth(1).getByText("line 3", { exact: true }).waitFor();
  app.verify();
});

for (const colorScheme of ["light", "dark"]) {
  test(`on a phone nothing is wider than it, and menus are reached by touch (${colorScheme})`, async (t) => {
    const app = await open(t, await newPlace(), { viewport: PHONE, phone: true, colorScheme });
    const { page } = app;
    await app.send("[many 41]");
    await app.says("text", "Answer 40");
    const fits = async (what) => {
      const widths = await page.evaluate(() => [document.documentElement.scrollWidth, document.querySelector("[role=log]").scrollWidth]);
      assert.ok(Math.max(...widths) <= PHONE.width, `${what}: ${widths}`);
    };
    await app.messages("tool").last().getByRole("button", { expanded: false }).tap();
    await page.getByText("line 39 of the output").first().waitFor();
    await fits("an open call");
    await app.messages("tool").last().getByRole("button", { name: "Actions for this record" }).tap();
    await page.getByRole("menuitem", { name: "Copy output" }).tap();
    await page.getByText("The output was copied.").waitFor();
    await page.getByRole("button", { name: "Find in this session" }).tap();
    await page.getByRole("search").getByRole("textbox").fill("value36");
    await page.getByRole("search").getByRole("status").filter({ hasText: "2 of 2" }).waitFor();
    await fits("find");
    app.verify();
  });
}

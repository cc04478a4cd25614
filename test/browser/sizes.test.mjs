/** From a phone to 5K, zoomed and with larger text: no page scrolls sideways, and a finger hits what it is meant to. */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";

const LONG = "A name that is far longer than any place where it is ever shown, so that it has to be cut";
const WORD = "unbreakable".repeat(30);
const FINGER_PX = 44;
/** Characters of a line that can be read well. */
const MEASURE = [20, 110];

let browser, muster, session, project;
before(async () => {
  browser = await launchBrowser(null);
  muster = await startMuster(null);
  project = await newProject(muster, "billing");
  session = await muster.newSession("shell", { projectId: project.id, name: LONG });
  const text = `echo '${WORD}'; echo 'plain words go on and on so that a line is filled by them and breaks where it has to, twice at the least on every screen there is'; exit 3`;
  await muster.ok("POST", `/api/sessions/${session.sessionId}/messages`, { id: crypto.randomUUID(), text });
});
after(async () => {
  await browser?.close();
  await muster?.dispose();
});

/** What stands out of the window sideways, and of what could be reached by scrolling. */
const tooWide = (page) =>
  page.evaluate(() => {
    const scrolls = (element) => {
      for (let at = element; at && at !== document.body; at = at.parentElement) {
        const { overflowX, clip, position } = getComputedStyle(at);
        if (overflowX !== "visible" || (position === "absolute" && clip !== "auto")) return true;
      }
      return false;
    };
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls");
    for (const element of document.querySelectorAll("#root *, [role=dialog], [role=dialog] *")) {
      const { right, left, width, height } = element.getBoundingClientRect();
      if (width === 0 || height === 0 || (right <= innerWidth + 1 && left >= -1)) continue;
      if (!scrolls(element.parentElement)) found.push(element.outerHTML.slice(0, 120));
    }
    for (const element of document.querySelectorAll("main, main [class*=overflow-y-auto], nav [class*=overflow-y-auto]")) {
      if (element.scrollWidth > element.clientWidth + 1) found.push(`scrolls sideways: ${element.outerHTML.slice(0, 120)}`);
    }
    return found;
  });

/** Pairs of buttons of the bar above the page of which one lies over the other, and a name without room. */
const overlapping = (page) =>
  page.evaluate(() => {
    const found = [];
    const all = [...document.querySelectorAll("main > header :is(button, h1)")].filter((one) => one.getClientRects().length > 0);
    for (const [at, one] of all.entries()) {
      const a = one.getBoundingClientRect();
      if (one.matches("h1") && a.width < 48) found.push(`the name is ${a.width} px wide`);
      for (const other of all.slice(at + 1)) {
        const b = other.getBoundingClientRect();
        if (!one.contains(other) && b.left < a.right - 1 && a.left < b.right - 1) found.push([one, other].map((e) => e.ariaLabel ?? e.innerText).join(" / "));
      }
    }
    return found;
  });

/** Buttons and links of an area that a finger would miss: [name, width, height]. */
const tooSmall = (area, least) =>
  area.evaluate((root, px) => {
    const found = [];
    for (const element of root.querySelectorAll("button, a[href], [role=searchbox]")) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || getComputedStyle(element).visibility === "hidden") continue;
      const after = getComputedStyle(element, "::after");
      const made = after.content !== "none" && after.position === "absolute";
      const size = ["width", "height"].map((side) => Math.max(box[side], made ? parseFloat(after[side]) : 0));
      if (Math.min(...size) < px - 0.5) found.push([element.getAttribute("aria-label") ?? element.innerText, ...size.map(Math.round)].join(" "));
    }
    return found;
  }, least);

const looks = [
  ["a phone", { viewport: { width: 390, height: 844 }, phone: true }],
  ["a narrow phone", { viewport: { width: 320, height: 568 }, phone: true }],
  ["1280 px, zoomed to 200 %", { viewport: { width: 640, height: 400 } }],
  ["a phone, text of 200 %", { viewport: { width: 390, height: 844 }, phone: true, text: "200%" }],
  ["1440 px, text of 200 %", { viewport: { width: 1440, height: 900 }, text: "200%" }],
  ["5K", { viewport: { width: 5120, height: 2880 } }],
];

for (const [look, { text, ...options }] of looks) {
  test(`no page scrolls sideways: ${look}`, async (t) => {
    const app = await openApp(t, browser, muster, options);
    const { page } = app;
    if (text) {
      await page.addInitScript((size) => {
        document.addEventListener("DOMContentLoaded", () => (document.documentElement.style.fontSize = size));
      }, text);
    }
    await app.openSession(session);
    await app.says("error", "");
    assert.deepEqual(await tooWide(page), [], "session");
    assert.deepEqual(await overlapping(page), [], "the bar above the session");
    const measure = await app.messages("text").last().evaluate((element) => {
      const { width, fontSize } = { width: element.clientWidth, fontSize: parseFloat(getComputedStyle(element).fontSize) };
      return width / (fontSize * 0.5);
    });
    assert.ok(measure >= MEASURE[0] && measure <= MEASURE[1], `about ${Math.round(measure)} characters a line`);
    await app.openProject(project.id);
    assert.deepEqual(await tooWide(page), [], "project");
    for (const section of ["agents", "notifications", "appearance", "access", "shortcuts", "about"]) {
      await page.goto(`/settings/${section}`);
      await page.getByRole("heading", { level: 2 }).first().waitFor();
      assert.deepEqual(await tooWide(page), [], section);
    }
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette").waitFor();
    assert.deepEqual(await tooWide(page), [], "palette");
  });
}

test("on a touch screen what is pressed is 44 px wide and high: top bar, composer, sidebar", async (t) => {
  const app = await openApp(t, browser, muster, { viewport: { width: 390, height: 844 }, phone: true });
  await app.openSession(session);
  await app.says("error", "");
  assert.deepEqual(await tooSmall(app.page.locator("main > header"), FINGER_PX), [], "top bar");
  const composer = app.page.locator("div:has(> textarea)");
  assert.deepEqual(await tooSmall(composer, FINGER_PX), [], "composer");
  await app.page.getByRole("button", { name: /^Projects and sessions/ }).click();
  await app.row(session.sessionId).waitFor();
  assert.deepEqual(await tooSmall(app.page.getByRole("dialog"), FINGER_PX), [], "sidebar");
});

/**
 * How long it takes to open a session of many messages, and how even it scrolls:
 *
 *     node test/browser/measure-transcript.mjs [messages]
 *
 * Nothing is asserted: the figures depend on the machine (docs/decisions/0020-long-transcripts.md).
 */
import { randomUUID } from "node:crypto";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser } from "../lib/browser.mjs";
import { startMuster } from "../lib/muster.mjs";
import { poll } from "../lib/wait.mjs";
import { scenesFolder } from "./agent-scenes.mjs";

const COUNT = Number(process.argv[2] ?? 3000);
const STEP_PX = 400;

const scenes = scenesFolder();
const browser = await launchBrowser(null);
const muster = await startMuster(null, { path: [scenes.dir] });
try {
  await measure();
} finally {
  await browser.close();
  await muster.dispose();
  scenes.remove();
}

async function measure() {
  const { id: projectId } = await newProject(muster);
  const { sessionId } = await muster.newSession("claude", { projectId });
  const { sessionId: other } = await muster.newSession("shell", { projectId });
  await muster.ok("POST", `/api/sessions/${sessionId}/messages`, { id: randomUUID(), text: `[many ${COUNT}]` });
  await poll(async () => {
    const { state, last_seq } = await muster.ok("GET", `/api/sessions/${sessionId}`);
    return state === "idle" && last_seq > COUNT;
  }, "the end of the turn", 120_000);
  const app = await openApp(null, browser, muster, { viewport: { width: 1440, height: 900 } });
  const onPage = () => app.messages().count();
  await app.openSession({ projectId, sessionId: other });
  const say = (what, figures) => console.log(what.padEnd(48), JSON.stringify(figures));
  say("click → newest messages painted, by the join", { ms: await app.page.evaluate(open, sessionId), onPage: await onPage() });
  say(`up to the oldest, ${STEP_PX} px a frame, loading them`, await app.page.evaluate(scroll, -STEP_PX));
  say("down again, all of them on the page", await app.page.evaluate(scroll, STEP_PX));
  say("on the page", { messages: await onPage(), elements: await app.page.evaluate(() => document.querySelectorAll("*").length) });
  await app.clickSession(other);
  say("click → painted, all of them in the cache", { ms: await app.page.evaluate(open, sessionId), onPage: await onPage() });
}

/** In the page: from the click on a session's row to the frame that shows its newest messages. */
async function open(id) {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const began = performance.now();
  document.querySelector(`[data-testid="session-row"][data-session-id="${id}"] a`).click();
  const shown = () => location.pathname.endsWith(id) && document.querySelectorAll("[data-id]").length > 3;
  while (!shown()) await frame();
  await frame();
  await new Promise((done) => setTimeout(done));
  return Math.round(performance.now() - began);
}

/** In the page: scrolls until it goes no further for a second; the time between frames. */
async function scroll(by) {
  const box = document.querySelector("[role=log]");
  const gaps = [];
  let last = performance.now();
  for (let still = 0; still < 60;) {
    await new Promise((done) => requestAnimationFrame(done));
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    const before = box.scrollTop;
    box.scrollTop += by;
    still = box.scrollTop === before ? still + 1 : 0;
  }
  gaps.sort((a, b) => a - b);
  const at = (share) => Math.round(gaps[Math.floor((gaps.length - 1) * share)]);
  return { frames: gaps.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/**
 * A day of the page in ten minutes: 50 sessions, 2,000 changes of state, 5 lost connections, a person
 * who goes from page to page. The list is asked for once in all, nothing is asked for because
 * something changed, and at the end every badge is what the server says.
 *
 * MUSTER_DAY_SECONDS: a shorter day, with the same number of everything.
 */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, test } from "../lib/browser.mjs";
import { startMuster } from "../lib/muster.mjs";
import { connect } from "../lib/phoenix.mjs";
import { startProxy } from "../lib/tcp-proxy.mjs";
import { ProjectsView } from "../lib/views.mjs";

const SECONDS = Number(process.env.MUSTER_DAY_SECONDS ?? 600);
const PROJECTS = 5;
const SESSIONS = 50;
/** Each turn is two changes: working, and idle or error. */
const TURNS = 1000;
const RECONNECTS = 5;
/** How long the page has for its own tries to come back, and the server's commands to end. */
const SLACK_MS = 120_000;
/** What Chromium itself says of a socket that does not open. */
const REFUSED = [/^error: WebSocket connection to .* failed/, /^error: Failed to load resource: net::ERR_/];
/** Asked for once, for what it is; and whether a socket that does not open is refused. */
const ALLOWED = new Set(["GET /api/agents", "GET /api/about"]);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Turns, spread evenly over the day and over the sessions; every seventh fails. */
async function work(muster, ids, changes) {
  const began = Date.now();
  for (let turn = 0; turn < TURNS; turn += 1) {
    await pause(began + (turn * SECONDS * 1000) / TURNS - Date.now());
    const id = ids[(turn * 7) % ids.length];
    const text = turn % 7 === 3 ? `echo ${turn}; exit 3` : `echo ${turn}`;
    await muster.ok("POST", `/api/sessions/${id}/messages`, { id: `day-${turn}-${began}`, text });
  }
  await changes.until(() => statesSeen(changes) >= 2 * TURNS, "every change of state", SLACK_MS);
}

const statesSeen = (changes) => changes.updates.filter(({ state }) => state !== undefined).length;

/** Goes from page to page until the day is over, by clicks alone. */
async function look(app, ids, isOver) {
  for (let step = 0; !isOver(); step += 1) {
    await app.clickSession(ids[(step * 11) % ids.length]);
    await pause(Math.min(2000, (SECONDS * 1000) / 100));
    if (step % 5 === 4) {
      await app.page.getByTestId("project-group").first().getByRole("link").first().click();
      await app.input.waitFor();
    }
  }
}

/** Loses the connection again and again; each time the page comes back by itself. */
async function lose(proxy, app) {
  for (let time = 0; time < RECONNECTS; time += 1) {
    await pause((SECONDS * 1000) / (RECONNECTS + 1));
    const sockets = app.page.seen.sockets.length;
    proxy.refuse();
    proxy.cut();
    await app.banner.waitFor();
    proxy.accept();
    await app.until(() => app.page.seen.sockets.length > sockets, "another socket", SLACK_MS);
    await app.banner.waitFor({ state: "detached", timeout: SLACK_MS });
  }
}

const limit = { timeout: SECONDS * 1000 + 2 * SLACK_MS };
test("a day: 2,000 changes of state, 5 reconnects, one GET /api/projects", limit, async (t) => {
  const browser = await launchBrowser(t);
  const proxy = await startProxy(t, 0);
  const muster = await startMuster(t, { args: ["--allow-host", proxy.host] });
  proxy.retarget(muster.port);
  const ids = [];
  for (let p = 0; p < PROJECTS; p += 1) {
    const { id: projectId } = await newProject(muster, `project-${p}`);
    for (let n = 0; n < SESSIONS / PROJECTS; n += 1) {
      ids.push((await muster.newSession("shell", { projectId, name: `session ${p}.${n}` })).sessionId);
    }
  }
  const changes = new ProjectsView(connect(t, muster));
  await changes.joined();
  const app = await openApp(t, browser, muster, { url: proxy.url, viewport: { width: 1280, height: 2200 } });
  await app.page.goto("/");
  await app.row(ids[0]).waitFor();
  let over = false;
  const day = Promise.all([work(muster, ids, changes), lose(proxy, app)]).finally(() => (over = true));
  await Promise.all([day, look(app, ids, () => over)]);
  await muster.ok("POST", `/api/sessions/${ids[0]}/messages`, { id: "day-last", text: "echo last" });
  await changes.until(() => changes.sessions.get(ids[0]).state === "idle", "the end of the last turn");

  const server = (await muster.ok("GET", "/api/projects")).projects.flatMap(({ sessions }) => sessions);
  for (const { id, state } of server) await app.badgeIs(id, state === "error" ? "error" : "none");
  assert.ok(statesSeen(changes) >= 2 * TURNS, `${statesSeen(changes)} changes of state`);
  assert.ok(app.page.seen.sockets.length > RECONNECTS, `${app.page.seen.sockets.length} sockets`);
  const asked = app.calls.filter((call) => !ALLOWED.has(call));
  assert.deepEqual(asked, ["GET /api/projects"]);
  app.verify({ except: REFUSED });
});

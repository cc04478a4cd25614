/** The connection is lost in every way there is: the page is right again, and asks for nothing. */
import assert from "node:assert/strict";
import { copyFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, SERVER_AWAY, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { kill } from "../lib/processes.mjs";
import { startProxy } from "../lib/tcp-proxy.mjs";
import { after, before } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

/** Twice the heartbeat of the page: a dead connection is noticed within this. */
const NOTICED_MS = 51_000;
const BANNER = /^(Disconnected|Catching up) since \d\d:\d\d:\d\d — what you see is unverified\./;
/** What Chromium itself says of a socket that does not open. */

let browser;
before(async () => {
  browser = await launchBrowser(null);
});
after(() => browser?.close());

/** A server behind a proxy, and a page with a session whose command waits at the gate. */
async function midTurn(t, { clock = false, ...options } = {}) {
  const proxy = await startProxy(t, 0);
  const muster = await startMuster(t, { args: ["--allow-host", proxy.host] });
  proxy.retarget(muster.port);
  const { id: projectId } = await newProject(muster);
  const { sessionId } = await muster.newSession("shell", { projectId });
  const app = await openApp(t, browser, muster, { url: proxy.url, ...options });
  if (clock) await app.page.clock.install();
  await app.openSession({ projectId, sessionId });
  const gate = makeGate(t, muster.dir);
  await app.send(`echo first; ${gate.wait}; echo second`);
  await app.says("text", "first");
  await app.badgeIs(sessionId, "working");
  const shown = () => app.calls.filter((call) => call !== "GET /api/agents");
  const before = shown();
  return {
    proxy,
    muster,
    projectId,
    sessionId,
    app,
    gate,
    serverSays: (state) =>
      poll(async () => (await muster.ok("GET", `/api/sessions/${sessionId}`)).state === state, state),
    /** Whether the socket opens again is asked of /api/agents; what is shown is never asked for. */
    noCalls: () => assert.deepEqual(shown(), before),
    wholeTranscript: async () => {
      await app.says("text", "second");
      const prompt = `echo first; ${gate.wait}; echo second`;
      assert.deepEqual(await app.transcript(), [["user", prompt], ["text", "first\nsecond"]]);
    },
  };
}

/** The banner says since when the view is unverified, and the rows are dimmed. */
async function unverified(app) {
  await app.banner.waitFor();
  assert.match((await app.banner.innerText()).replace(/\s+/g, " "), BANNER);
  assert.equal(await app.sidebar.getAttribute("data-unverified"), "true");
  assert.equal(await app.list.evaluate((list) => getComputedStyle(list).filter), "grayscale(1)");
}

async function verifiedAgain(app) {
  await app.banner.waitFor({ state: "detached" });
  assert.equal(await app.sidebar.getAttribute("data-unverified"), null);
}

test("failure 1: the socket dies without a FIN in mid-turn, and the turn ends meanwhile", async (t) => {
  const { proxy, app, gate, sessionId, serverSays, noCalls, wholeTranscript } = await midTurn(t, { clock: true });
  proxy.freeze();
  gate.open();
  await serverSays("idle");
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working"]);
  await app.page.clock.runFor(NOTICED_MS);
  await app.badgeIs(sessionId, "none");
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working", "none"]);
  await wholeTranscript();
  await verifiedAgain(app);
  assert.equal(app.page.seen.sockets.length, 2, "one reconnect");
  noCalls();
  app.verify();
});

test("failure 1: the network is away for a while: the banner says since when, and goes", async (t) => {
  const { proxy, app, gate, sessionId, serverSays, noCalls, wholeTranscript } = await midTurn(t);
  proxy.refuse();
  proxy.cut();
  gate.open();
  await serverSays("idle");
  await unverified(app);
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working"], "what was known stays");
  proxy.accept();
  await app.badgeIs(sessionId, "none");
  await verifiedAgain(app);
  await wholeTranscript();
  noCalls();
  app.verify({ except: SERVER_AWAY });
});

test("a part of the page that cannot be fetched comes when the server is back, and nothing is loaded anew", async (t) => {
  const { proxy, app, gate, noCalls, wholeTranscript } = await midTurn(t, { serviceWorkers: "block" });
  const { page } = app;
  proxy.refuse();
  proxy.cut();
  await unverified(app);
  await page.evaluate(() => (window.isTheSame = true));
  const asked = page.waitForEvent("requestfailed", (request) => request.url().includes("/healthz"));
  await page.getByTestId("new-session-button").focus();
  await page.keyboard.press("?");
  await asked;
  proxy.accept();
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor({ timeout: 60_000 });
  assert.ok(await page.evaluate(() => window.isTheSame));
  await page.keyboard.press("Escape");
  await verifiedAgain(app);
  gate.open();
  await wholeTranscript();
  noCalls();
  app.verify({ except: [...SERVER_AWAY, /Service Worker registration blocked/] });
});

test("failure 2: the server is SIGKILLed in mid-turn and restarted: the turn goes on", async (t) => {
  const { muster, app, gate, sessionId, noCalls, wholeTranscript } = await midTurn(t);
  await muster.kill9();
  await unverified(app);
  await muster.start();
  await verifiedAgain(app);
  await app.badgeIs(sessionId, "working");
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working"]);
  gate.open();
  await app.badgeIs(sessionId, "none");
  await wholeTranscript();
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working", "none"]);
  noCalls();
  app.verify({ except: SERVER_AWAY });
});

test("failure 2: the turn ends while the server is dead: nothing is lost or doubled", async (t) => {
  const { muster, app, gate, sessionId, noCalls, wholeTranscript } = await midTurn(t);
  await muster.kill9();
  gate.open();
  await unverified(app);
  await muster.start();
  await app.badgeIs(sessionId, "none");
  await verifiedAgain(app);
  await wholeTranscript();
  noCalls();
  app.verify({ except: SERVER_AWAY });
});

test("failure 2: the agent died with the server: the row says error, not working", async (t) => {
  const { muster, app, sessionId, noCalls } = await midTurn(t);
  await muster.kill9();
  for (const { pid } of muster.processes()) kill(pid, "SIGKILL");
  await poll(() => muster.processes().length === 0, "the agent to be gone");
  await muster.start();
  await app.badgeIs(sessionId, "error");
  await verifiedAgain(app);
  assert.deepEqual(await app.badgeHistory(sessionId), ["none", "working", "error"]);
  noCalls();
  app.verify({ except: SERVER_AWAY });
});

test("the server is stopped and started again, as for an upgrade: the turn goes on", async (t) => {
  const { muster, app, gate, sessionId, noCalls, wholeTranscript } = await midTurn(t);
  await muster.restart();
  await verifiedAgain(app);
  gate.open();
  await app.badgeIs(sessionId, "none");
  await wholeTranscript();
  noCalls();
  app.verify({ except: SERVER_AWAY });
});

/** Ends the turn, keeps a copy of the database, lets things happen, and puts the copy in its place. */
async function restoreOlder(t, restore) {
  const room = await midTurn(t);
  const { muster, app, gate, projectId, sessionId } = room;
  gate.open();
  await app.badgeIs(sessionId, "none");
  await room.wholeTranscript();
  const backup = join(muster.dir, "backup.db");
  await muster.stop();
  const file = databaseOf(muster);
  copyFileSync(file, backup);
  await muster.start();
  await verifiedAgain(app);
  const { sessionId: later } = await muster.newSession("shell", { projectId, name: "Later" });
  await app.row(later).waitFor();
  await app.send("echo lost; exit 3");
  await app.badgeIs(sessionId, "error");
  await muster.stop();
  for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
  restore(backup, file);
  await muster.start();
  await app.badgeIs(sessionId, "none");
  await app.row(later).waitFor({ state: "detached" });
  await verifiedAgain(app);
  await app.page.getByText("echo lost").waitFor({ state: "detached" }); // the session's own join is behind that of the list
  await room.wholeTranscript();
  assert.match(lastReason(app), /^(epoch_changed|ahead)$/);
  room.noCalls();
  app.verify({ except: SERVER_AWAY });
}

const databaseOf = ({ dataDir }) => join(dataDir, readdirSync(dataDir).find((name) => name.endsWith(".db")));

/** Why the list came whole in the newest answer to a join of `projects`. */
function lastReason({ page }) {
  const frames = page.seen.sockets.flatMap(({ received }) => received).map((frame) => JSON.parse(frame));
  const isAnswer = ([, , topic, event, payload]) =>
    topic === "projects" && event === "phx_reply" && payload.response?.mode === "snapshot";
  return frames.filter(isAnswer).at(-1)[4].response.reason;
}

test("failure 20: an older database is restored: the page shows what it holds", (t) =>
  restoreOlder(t, copyFileSync));

test("the database is replaced by another file (epoch): the page shows what it holds", (t) =>
  restoreOlder(t, renameSync));

test("failure 13: a laptop sleeps for ten minutes: right on waking, without a storm of requests", async (t) => {
  const { proxy, app, gate, sessionId, serverSays, noCalls, wholeTranscript } = await midTurn(t, { clock: true });
  proxy.freeze();
  gate.open();
  await serverSays("idle");
  await app.page.clock.fastForward("10:00");
  await unverified(app);
  await app.page.clock.runFor(10_000);
  await app.badgeIs(sessionId, "none");
  await verifiedAgain(app);
  await wholeTranscript();
  assert.equal(app.page.seen.sockets.length, 2, "one new socket");
  noCalls();
  app.verify({ except: SERVER_AWAY });
});

test("failure 13: the sleep is over and the old connection is reset", async (t) => {
  const { proxy, app, gate, sessionId, serverSays, noCalls, wholeTranscript } = await midTurn(t, { clock: true });
  proxy.freeze();
  gate.open();
  await serverSays("idle");
  await app.page.clock.fastForward("10:00");
  proxy.cut();
  await app.badgeIs(sessionId, "none");
  await verifiedAgain(app);
  await wholeTranscript();
  assert.equal(app.page.seen.sockets.length, 2, "one new socket");
  noCalls();
  app.verify({ except: SERVER_AWAY });
});

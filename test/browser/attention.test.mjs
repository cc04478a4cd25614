/** Who looks elsewhere is told, once, and only of what is still so. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, SERVER_AWAY, test } from "../lib/browser.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { startProxy } from "../lib/tcp-proxy.mjs";
import { after, before } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

let browser, model;
before(async () => {
  [model, browser] = await Promise.all([startModelServer(), launchBrowser(null)]);
});
after(async () => {
  await browser?.close();
  await model?.close();
});

/** Runs in the page: notes what would have been shown; `looks(false)` takes the focus from the window. */
function record() {
  const Real = window.Notification;
  window.notes = [];
  window.Notification = class {
    static get permission() {
      return Real.permission;
    }
    static requestPermission() {
      return Real.requestPermission();
    }
    constructor(title, options) {
      this.note = { title, body: options.body, tag: options.tag, closed: false, click: () => this.onclick?.() };
      window.notes.push(this.note);
    }
    close() {
      this.note.closed = true;
    }
  };
  let focus = true;
  document.hasFocus = () => focus;
  window.looks = (yes) => {
    focus = yes;
    window.dispatchEvent(new Event(yes ? "focus" : "blur"));
  };
}

/** Runs in the page: what watches for news is fetched after the list, and stands for election first. */
async function watchesForNews() {
  const { held, pending } = await navigator.locks.query();
  return [...held, ...pending].some(({ name }) => name === "muster:attention");
}

/** A page that may show notifications, with a session of the project on the screen. */
async function watching(t, server, projectId, { grant = true, ...options } = {}) {
  const { sessionId } = await server.newSession("shell", { projectId, name: "On the screen" });
  const app = await openApp(t, browser, server, options);
  if (grant) await app.page.context().grantPermissions(["notifications"]);
  await app.page.addInitScript(record);
  await app.openSession({ projectId, sessionId });
  await app.until(() => app.page.evaluate(watchesForNews), "the page to watch for news");
  const notes = () => app.page.evaluate(() => window.notes.map(({ click: _click, ...note }) => note));
  return {
    app,
    page: app.page,
    sessionId,
    notes,
    open: async () => (await notes()).filter(({ closed }) => !closed).map(({ title }) => title),
    looks: (yes) => app.page.evaluate((value) => window.looks(value), yes),
    /** The number before the title; 0: there is none. */
    counts: (count) =>
      app.until(async () => Number(/^\((\d+)\) /.exec(await app.page.title())?.[1] ?? 0) === count, `the count ${count}`),
    iconIs: (state) => app.until(() => icon(app.page, state), `the icon ${state}`),
  };
}

async function icon(page, state) {
  const link = await page.locator('link[rel="icon"][type="image/svg+xml"]').evaluate(({ href, dataset }) => ({ href, state: dataset.state }));
  assert.match(link.href, link.state === undefined || link.state === "idle" ? /\/favicon\.svg$/ : /^data:image\/svg/);
  return link.state === state;
}

const say = (server, sessionId, text) =>
  server.ok("POST", `/api/sessions/${sessionId}/messages`, { id: randomUUID(), text });

/** A session of another name that works until its gate is opened. */
async function works(t, server, projectId, name, end = "echo done") {
  const gate = makeGate(t, server.dir);
  const { sessionId } = await server.newSession("shell", { projectId, name });
  await say(server, sessionId, `${gate.wait}; ${end}`);
  return { gate, sessionId };
}

test("what finishes or fails elsewhere is told once in all tabs, and a click leads there", async (t) => {
  const muster = await startMuster(t, { model });
  const { id: projectId } = await newProject(muster);
  const one = await watching(t, muster, projectId);
  const two = await watching(t, muster, projectId, { context: one.page.context() });
  const good = await works(t, muster, projectId, "Good one");
  const bad = await works(t, muster, projectId, "Bad one", "echo no such thing >&2; exit 3");
  await one.app.badgeIs(good.sessionId, "working");
  await one.app.badgeIs(bad.sessionId, "working");
  await one.iconIs("working");
  await one.counts(0);
  good.gate.open();
  await one.counts(1);
  await one.iconIs("done");
  const told = async () => [...(await one.notes()), ...(await two.notes())];
  await one.app.until(async () => (await told()).length === 1, "one notification");
  assert.match((await told())[0].title, /^Good one finished$/);
  bad.gate.open();
  await one.counts(2);
  await one.iconIs("failed");
  await one.app.until(async () => (await told()).length === 2, "another");
  const failed = (await told())[1];
  assert.equal(failed.title, "Bad one failed");
  assert.match(failed.body, /no such thing.*\nproject$/s);
  const speaker = (await one.notes()).length === 2 ? one : two;
  await speaker.page.evaluate(() => window.notes[0].click());
  await speaker.page.waitForURL((url) => url.pathname.endsWith(good.sessionId));
  await speaker.app.says("text", "done");
  await one.counts(1);
  await two.counts(1);
  assert.deepEqual(await speaker.open(), ["Bad one failed"]);
  one.app.verify();
  two.app.verify();
});

test("nothing is told of the session that is looked at; without the focus it is, until one comes back", async (t) => {
  const muster = await startMuster(t, { model });
  const { id: projectId } = await newProject(muster);
  const view = await watching(t, muster, projectId);
  const marker = await works(t, muster, projectId, "Marker");
  await view.app.send("echo seen");
  await view.app.says("text", "seen");
  marker.gate.open();
  await view.app.until(async () => (await view.notes()).length > 0, "the notification of the other session");
  assert.deepEqual(await view.open(), ["Marker finished"]);
  await view.looks(false);
  await say(muster, view.sessionId, "echo more");
  await view.app.until(async () => (await view.open()).length === 2, "the notification of this one");
  assert.deepEqual(await view.open(), ["Marker finished", "On the screen finished"]);
  await view.looks(true);
  await view.app.until(async () => (await view.open()).length === 1, "it to be closed");
  view.app.verify();
});

test("a queue that goes on has not finished", async (t) => {
  const muster = await startMuster(t, { model });
  const { id: projectId } = await newProject(muster);
  const view = await watching(t, muster, projectId);
  const { gate, sessionId } = await works(t, muster, projectId, "Long one");
  const second = makeGate(t, muster.dir);
  await say(muster, sessionId, `echo next; ${second.wait}`);
  await view.app.badgeIs(sessionId, "working");
  gate.open();
  const row = () => muster.ok("GET", `/api/sessions/${sessionId}`);
  await poll(async () => (await row()).queue_length === 0, "the second prompt to run");
  const marker = await works(t, muster, projectId, "Marker");
  await view.app.badgeIs(marker.sessionId, "working");
  marker.gate.open();
  await view.app.until(async () => (await view.notes()).length > 0, "a notification");
  assert.deepEqual(await view.open(), ["Marker finished"]);
  second.open();
  await view.app.until(async () => (await view.notes()).length === 2, "the end of the queue");
  assert.deepEqual(await view.open(), ["Marker finished", "Long one finished"]);
  view.app.verify();
});

test("who is needed is told; the answer on another device closes it, and so does reading there", async (t) => {
  const muster = await startMuster(t, { model });
  const { id: projectId } = await newProject(muster);
  const view = await watching(t, muster, projectId);
  const asking = await muster.newSession("claude", { projectId, name: "Asking" });
  const done = await works(t, muster, projectId, "Done");
  await say(muster, asking.sessionId, "[[tool:touch made.txt]][[say:It is made.]][[wait:rest]]");
  await view.iconIs("needs_you");
  await view.counts(1);
  done.gate.open();
  await view.app.until(async () => (await view.open()).length === 2, "both to be told");
  assert.deepEqual(await view.notes().then((all) => all.map(({ title, body }) => [title, body])), [
    ["Asking needs you", "It asks for a permission.\nproject"],
    ["Done finished", "project"],
  ]);
  const device = await watching(t, muster, projectId);
  await device.app.clickSession(done.sessionId);
  await view.app.until(async () => (await view.open()).length === 1, "what was read to be closed");
  await device.app.clickSession(asking.sessionId);
  await device.page.getByTestId("permission-card").getByRole("button", { name: "Allow", exact: true }).click();
  await view.app.until(async () => (await view.open()).length === 0, "what was answered to be closed");
  await view.counts(0);
  await view.iconIs("working");
  view.app.verify();
  device.app.verify();
});

test("what happened during a lost connection is one notification; a first load has none", async (t) => {
  const proxy = await startProxy(t, 0);
  const own = await startMuster(t, { args: ["--allow-host", proxy.host] });
  proxy.retarget(own.port);
  const { id: projectId } = await newProject(own);
  const all = [];
  for (const name of ["a", "b", "c", "d"]) all.push(await works(t, own, projectId, name));
  const view = await watching(t, own, projectId, { url: proxy.url });
  await view.app.badgeIs(all[3].sessionId, "working");
  proxy.refuse();
  proxy.cut();
  for (const { gate } of all) gate.open();
  for (const { sessionId } of all)
    await poll(async () => (await own.ok("GET", `/api/sessions/${sessionId}`)).state === "idle", "its end");
  await view.app.banner.waitFor();
  await view.iconIs("unverified");
  proxy.accept();
  await view.app.until(async () => (await view.notes()).length > 0, "a notification", 60_000);
  assert.deepEqual((await view.notes()).map(({ title, body }) => [title, body]), [["4 sessions have news", "4 finished"]]);
  await view.counts(4);
  await view.iconIs("done");
  await view.page.reload();
  await view.app.live();
  await view.counts(4);
  const marker = await works(t, own, projectId, "Marker");
  await view.app.badgeIs(marker.sessionId, "working");
  marker.gate.open();
  await view.app.until(async () => (await view.notes()).length > 0, "the marker's notification");
  assert.deepEqual(await view.open(), ["Marker finished"]);
  view.app.verify({ lists: 2, except: SERVER_AWAY });
});

test("a session is muted by its menu, for this browser, and is not counted", async (t) => {
  const muster = await startMuster(t, { model });
  const { id: projectId } = await newProject(muster);
  const view = await watching(t, muster, projectId);
  const quiet = await works(t, muster, projectId, "Quiet one");
  await view.app.badgeIs(quiet.sessionId, "working");
  await view.app.row(quiet.sessionId).hover();
  await view.app.row(quiet.sessionId).getByRole("button", { name: "Actions for Quiet one" }).click();
  await view.page.getByRole("menuitemradio", { name: "Nothing (mute)" }).click();
  const marker = await works(t, muster, projectId, "Marker");
  await view.app.badgeIs(marker.sessionId, "working");
  quiet.gate.open();
  await view.app.badgeIs(quiet.sessionId, "none");
  marker.gate.open();
  await view.app.until(async () => (await view.notes()).length > 0, "a notification");
  assert.deepEqual(await view.open(), ["Marker finished"]);
  await view.counts(1);
  view.app.verify();
});

test("the browser is asked only after a click, which is offered once", async (t) => {
  const muster = await startMuster(t, { model });
  const { id: projectId } = await newProject(muster);
  const view = await watching(t, muster, projectId, { grant: false });
  await view.page.addInitScript(() => {
    window.asked = 0;
    window.permission = "default";
    Object.defineProperty(Notification, "permission", { get: () => window.permission });
    Notification.requestPermission = async () => {
      window.asked += 1;
      return (window.permission = "denied");
    };
  });
  await view.page.reload();
  await view.app.live();
  const hint = view.page.getByTestId("attention-hint");
  assert.equal(await hint.count(), 0, "nothing to wait for");
  const { gate } = await works(t, muster, projectId, "Long one");
  await hint.waitFor();
  assert.equal(await view.page.evaluate(() => window.asked), 0);
  await hint.getByRole("button", { name: "Turn on notifications" }).click();
  await view.page.getByText(/^This browser blocks notifications of this page\./).waitFor();
  assert.equal(await view.page.evaluate(() => window.asked), 1);
  await view.page.reload();
  await view.app.live();
  assert.equal(await hint.count(), 0);
  gate.open();
  view.app.verify({ lists: 3 });
});

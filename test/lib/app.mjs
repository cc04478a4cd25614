/**
 * The page as a person uses it: rows, badges, the composer; and what a test asks of it.
 *
 *     const app = await openApp(t, browser, muster);
 *     await app.openProject(projectId);
 *     const id = await app.startSession("echo hello");
 *     await app.badgeIs(id, "none");
 *     app.verify();                                // a quiet console, one GET of the list
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { openPage } from "./browser.mjs";

const SESSION_URL = /\/projects\/[^/]+\/sessions\/([^/?#]+)$/;
const WAIT_MS = 20_000;

/**
 * A page, logged in, with what is below around it.
 * @param {import("node:test").TestContext | null} t
 * @param {{browser: import("playwright-core").Browser}} browser
 * @param {import("./muster.mjs").Muster} muster
 * @param {import("./browser.mjs").PageOptions} [options]
 */
export async function openApp(t, browser, muster, options = {}) {
  const page = await openPage(t, browser, muster, options);
  await page.addInitScript(recordBadges);
  return new App(page, muster);
}

/** A project in a folder of its own. */
export async function newProject(muster, name = "project") {
  const folder = join(mkdtempSync(join(muster.dir, "browser-")), name);
  mkdirSync(folder);
  const project = await muster.ok("POST", "/api/projects", { path: folder });
  return { ...project, folder };
}

/** Runs in the page: notes every change of a row's badge, as it was painted. */
function recordBadges() {
  const history = {};
  window.badgeHistory = history;
  const look = () => {
    for (const row of document.querySelectorAll('[data-testid="session-row"]')) {
      const badge = row.querySelector('[data-testid="session-state-badge"]');
      const kind = badge?.getAttribute("data-state-kind") ?? "none";
      const seen = (history[row.dataset.sessionId] ??= []);
      if (seen.at(-1) !== kind) seen.push(kind);
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}

export class App {
  /** @param {ReturnType<import("./browser.mjs").watch>} page */
  constructor(page, muster) {
    this.page = page;
    this.muster = muster;
    this.input = page.getByTestId("chat-input");
    this.banner = page.getByTestId("connection-banner");
    this.list = page.getByTestId("project-list");
    this.sidebar = page.getByRole("navigation", { name: "Projects and sessions" });
  }

  async openProject(projectId) {
    await this.page.goto(`/projects/${projectId}`);
    await this.input.waitFor();
  }

  /** Opens a session by its address, as a bookmark does. */
  async openSession({ projectId, sessionId }) {
    await this.page.goto(`/projects/${projectId}/sessions/${sessionId}`);
    await this.input.waitFor();
    await this.live();
  }

  /** Opens a session by its row in the sidebar. */
  async clickSession(sessionId) {
    const row = this.row(sessionId);
    await row.getByRole("link").click();
    await this.page.waitForURL((url) => url.pathname.endsWith(sessionId));
    const shown = async () => (await row.count()) === 0 || (await row.locator('a[aria-current="page"]').count()) === 1;
    await this.until(shown, `session ${sessionId} to be on the screen`);
    await this.input.waitFor();
  }

  /** The socket is open and both topics have been joined. */
  live() {
    return this.until(() => this.page.seen.sockets.at(-1)?.received.some(isSessionJoin), "the session's topic");
  }

  /** The list's topic has been joined; the banner of a slow connection, which moves everything down, is gone. */
  async listed() {
    await this.until(() => this.page.seen.sockets.at(-1)?.received.some(isListJoin), "the list's topic");
    await this.banner.waitFor({ state: "detached" });
  }

  row(sessionId) {
    return this.page.locator(`[data-testid="session-row"][data-session-id="${sessionId}"]`);
  }

  badge(sessionId) {
    return this.row(sessionId).getByTestId("session-state-badge");
  }

  /** Waits until the row's badge is "working", "error", "waiting" or "none". */
  async badgeIs(sessionId, kind, ms = WAIT_MS) {
    const row = this.row(sessionId);
    await row.waitFor({ timeout: ms });
    if (kind === "none") return this.badge(sessionId).waitFor({ state: "detached", timeout: ms });
    return row.locator(`[data-state-kind="${kind}"]`).waitFor({ timeout: ms });
  }

  /** What the row's badge was, in order, since the page was loaded: ["none", "working", "none"]. */
  async badgeHistory(sessionId) {
    const history = await this.page.evaluate((id) => window.badgeHistory[id], sessionId);
    return history ?? [];
  }

  /** Types a message and clicks Send. */
  async send(text) {
    await this.input.fill(text);
    await this.page.getByTestId("send-button").click();
  }

  /** From the composer of a new session: sends its first message; returns the session's id. */
  async startSession(text) {
    await this.send(text);
    await this.page.waitForURL(SESSION_URL);
    return SESSION_URL.exec(this.page.url())[1];
  }

  messages(kind) {
    const wanted = kind ? `[data-kind="${kind}"]` : "";
    return this.page.locator(`[data-testid="message"]${wanted}`);
  }

  /** Waits until a message of the kind contains the text. */
  async says(kind, text, ms = WAIT_MS) {
    await this.messages(kind).filter({ hasText: text }).first().waitFor({ timeout: ms });
  }

  /** The transcript as it is shown: [["user", "echo hi"], ["text", "hi"]]. */
  async transcript() {
    return this.messages().evaluateAll((all) =>
      all.map((each) => [each.dataset.kind, each.innerText.trim()]),
    );
  }

  /** Chooses the agent in the composer of a new session. */
  async chooseAgent(name) {
    await this.page.getByTestId("agent-picker").click();
    await this.page.getByRole("menuitemradio", { name }).click();
  }

  /** Asks until the answer is truthy; each event of the page asks again. */
  async until(ask, what, ms = WAIT_MS) {
    const deadline = Date.now() + ms;
    this.page.seen.awaited = what;
    for (;;) {
      const answer = await ask();
      if (answer) return answer;
      if (Date.now() > deadline) throw new Error(`waited ${ms} ms for ${what}`);
      await this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
  }

  /** Every request of the API so far, as "METHOD /path". */
  get calls() {
    const { requests } = this.page.seen;
    return requests.filter(({ path }) => path.startsWith("/api/")).map(({ method, path }) => `${method} ${path}`);
  }

  /** Fails where the console said something, or the list was fetched more than once for each load. */
  verify({ lists = 1, except } = {}) {
    this.page.assertQuiet(except);
    assert.equal(this.page.countRequests("GET", "/api/projects"), lists, this.calls.join("\n"));
  }
}

function isListJoin(frame) {
  return frame.includes('"projects","phx_reply"');
}

function isSessionJoin(frame) {
  return /"session:[^"]+","phx_reply"/.test(frame);
}

/**
 * The real page in Debian's Chromium, driven by playwright-core.
 *
 *     const browser = await launchBrowser(t);
 *     const page = await openPage(t, browser, muster);      // logged in
 *     await page.goto(`/projects/${projectId}`);
 *     page.assertQuiet();
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { outputDir } from "./paths.mjs";
import { test as plainTest } from "./test.mjs";
import { within } from "./wait.mjs";

const CANDIDATES = [
  process.env.MUSTER_CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
// The pages are our own, and containers often forbid what the sandbox needs.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const ACTION_MS = 15_000;
const LIMIT_MS = 55_000;
const PICTURES_MS = 15_000;

/** Pages of the test that runs, for the pictures taken when it fails. */
const openPages = new Set();

/**
 * `test` for the browser: where it fails, a picture of each open page is left in test/output. It has a
 * limit of its own, below the runner's, since a test that the runner gives up says nothing of its pages.
 */
export function test(name, options, fn) {
  const body = typeof options === "function" ? options : fn;
  const { timeout = LIMIT_MS, ...rest } = typeof options === "function" ? {} : options;
  return plainTest(name, { ...rest, timeout: timeout + PICTURES_MS }, async (t) => {
    openPages.clear();
    try {
      await within(body(t), "the test to end", timeout);
    } catch (error) {
      await takePictures(name);
      throw error;
    }
  });
}

/**
 * One Chromium; it ends with the test (or, without one, by its close()).
 * @param {import("node:test").TestContext | null} t
 */
export async function launchBrowser(t) {
  const executablePath = findChromium();
  const home = mkdtempSync(join(tmpdir(), "muster-browser-"));
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
  const browser = await chromium.launch({ executablePath, args: FLAGS, headless: true, env });
  const close = async () => {
    await browser.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  t?.after(close);
  return { browser, close };
}

/** A profile of its own, that another program drives through the port. */
export function launchWithPort(profile, port) {
  const args = [...FLAGS, `--remote-debugging-port=${port}`];
  return chromium.launchPersistentContext(profile, { executablePath: findChromium(), args, headless: true });
}

function findChromium() {
  const found = CANDIDATES.find((path) => path && existsSync(path));
  if (!found) throw new Error("there is no Chromium: install it, or name it in MUSTER_CHROMIUM");
  return found;
}

/**
 * @typedef {object} PageOptions
 * @property {boolean} [login]  default true
 * @property {string} [url]  the base for relative addresses; default the server's
 * @property {{width: number, height: number}} [viewport]
 * @property {"light" | "dark"} [colorScheme]
 * @property {"allow" | "block"} [serviceWorkers]  "block": the test answers itself what the worker would
 * @property {boolean} [phone]  touched instead of pointed at, and with a finer screen
 * @property {import("playwright-core").BrowserContext} [context]  to open a second tab
 */

/**
 * A page in a context of its own, logged in, at no address yet but the login's.
 * @param {import("node:test").TestContext | null} t
 * @param {{browser: import("playwright-core").Browser}} launched
 * @param {import("./muster.mjs").Muster} muster
 * @param {PageOptions} [options]
 */
export async function openPage(t, { browser }, muster, options = {}) {
  const { login = true, url = muster.url, viewport = { width: 1280, height: 800 }, colorScheme, serviceWorkers } = options;
  const device = options.phone ? { isMobile: true, hasTouch: true, deviceScaleFactor: 2 } : {};
  const context =
    options.context ??
    (await browser.newContext({ baseURL: url, viewport, colorScheme, serviceWorkers, locale: "en-US", ...device }));
  context.setDefaultTimeout(ACTION_MS);
  if (!options.context) t?.after(() => context.close());
  if (login && !options.context) await logIn(context, muster, url);
  const page = await context.newPage();
  return watch(page);
}

/** Follows a fresh login link in a tab of its own; the cookie stays in the context. */
export async function logIn(context, muster, url = muster.url) {
  const link = new URL(muster.loginUrl());
  const page = await context.newPage();
  const answer = await page.goto(new URL(link.pathname + link.search + link.hash, url).href);
  if (answer && answer.status() >= 400) throw new Error(`the login link was answered ${answer.status()}`);
  await page.close();
}

/** What a browser itself complains of while the server is away; the last is of the service worker. */
export const SERVER_AWAY = [
  /^error: WebSocket connection to .* failed/,
  /^error: Failed to load resource: net::ERR_/,
  /^error: An unknown error occurred when fetching the script/,
];

/**
 * Adds to a page what the tests look at.
 * @param {import("playwright-core").Page} page
 */
export function watch(page) {
  const seen = { complaints: [], requests: [], sockets: [], awaited: "nothing yet" };
  page.on("console", (message) => {
    const kind = message.type();
    if (kind === "error" || kind === "warning") seen.complaints.push(`${kind}: ${message.text()}`);
  });
  page.on("pageerror", (error) => seen.complaints.push(`page error: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    seen.requests.push({ method: request.method(), path: pathname, search, type: request.resourceType() });
  });
  page.on("websocket", (socket) => {
    const record = { url: socket.url(), sent: [], received: [], closed: false };
    seen.sockets.push(record);
    socket.on("framesent", ({ payload }) => record.sent.push(payload.toString()));
    socket.on("framereceived", ({ payload }) => record.received.push(payload.toString()));
    socket.on("close", () => (record.closed = true));
  });
  page.on("close", () => openPages.delete(page));
  openPages.add(page);
  return Object.assign(page, {
    seen,
    /** How often a request of this method and path was made. */
    countRequests: (method, path) =>
      seen.requests.filter((request) => request.method === method && request.path === path).length,
    /** Throws where the console has an error or a warning; `except` are those that are expected. */
    assertQuiet: (except = []) => {
      const left = seen.complaints.filter((text) => !except.some((pattern) => pattern.test(text)));
      if (left.length > 0) throw new Error(`the console is not quiet:\n${left.join("\n")}`);
    },
  });
}

async function takePictures(name) {
  mkdirSync(outputDir, { recursive: true });
  const stem = name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 80);
  let number = 0;
  for (const page of openPages) {
    const path = `${outputDir}/${stem}-${(number += 1)}.png`;
    await page.screenshot({ path, timeout: 5000 }).catch(() => {});
    console.error(`(page ${number}) last awaited: ${page.seen.awaited}`);
    for (const text of page.seen.complaints) console.error(`(page ${number}) ${text}`);
  }
}

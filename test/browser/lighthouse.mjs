/**
 * What Lighthouse says of the built page, with a session and its list on it. Not part of the tests: its
 * figures depend on the machine. The goals are for the desktop; a phone on a slow line is told as well.
 *
 *     ./dev build && node test/browser/lighthouse.mjs [runs] [phone|desktop]
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import lighthouse, { desktopConfig } from "lighthouse";

// Before paths.mjs is read, which takes the build with the sanitizers otherwise.
process.env.MUSTER_BIN ??= "build/release/muster";
const { launchBrowser, launchWithPort, logIn } = await import("../lib/browser.mjs");
const { startMuster } = await import("../lib/muster.mjs");

const CATEGORIES = ["accessibility", "best-practices", "performance"];
const GOALS = { accessibility: 1, "best-practices": 1, performance: 0.95 };
const SESSIONS = 60;
const runs = Number(process.argv[2] ?? 3);
const looks = Object.entries({ phone: undefined, desktop: desktopConfig }).filter(
  ([look]) => look === (process.argv[3] ?? look),
);

const muster = await startMuster(null);
const browser = await launchBrowser(null);
let good = true;
try {
  const context = await browser.browser.newContext({ baseURL: muster.url });
  await logIn(context, muster);
  const cookies = await context.cookies();
  const pages = await furnish();
  for (const [look, config] of looks) {
    for (const [name, path] of Object.entries(pages)) {
      const all = [];
      for (let run = 0; run < runs; run += 1) all.push(await audit(path, config, cookies));
      report(`${name}, ${look}`, all);
    }
  }
} finally {
  await browser.close();
  await muster.dispose();
}
process.exitCode = good ? 0 : 1;

async function furnish() {
  const { id } = await muster.ok("POST", "/api/projects", { path: muster.project });
  let last;
  for (let at = 0; at < SESSIONS; at += 1) {
    last = await muster.newSession("shell", { projectId: id, name: `Task number ${at}` });
    const message = { id: randomUUID(), text: at % 7 === 0 ? "exit 3" : `echo 'done: ${at}'` };
    await muster.ok("POST", `/api/sessions/${last.sessionId}/messages`, message);
  }
  const session = `/projects/${id}/sessions/${last.sessionId}`;
  return { home: `/projects/${id}`, session, settings: "/settings/notifications" };
}

/** Each in a browser of its own: nothing of the run before is in its cache. */
async function audit(path, config, cookies) {
  const port = await freePort();
  const profile = mkdtempSync(join(tmpdir(), "muster-lighthouse-"));
  const context = await launchWithPort(profile, port);
  try {
    await context.addCookies(cookies);
    const flags = { port, onlyCategories: CATEGORIES, logLevel: "error", disableStorageReset: true };
    const { lhr } = await lighthouse(muster.url + path, flags, config);
    if (!lhr.finalDisplayedUrl.endsWith(path)) throw new Error(`it was led to ${lhr.finalDisplayedUrl}`);
    return lhr;
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function report(what, all) {
  const median = (of) => all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)];
  const figures = CATEGORIES.map((id) => {
    const score = median((lhr) => lhr.categories[id].score ?? 0);
    if (score < GOALS[id] && (id !== "performance" || what.endsWith("desktop"))) good = false;
    return `${id} ${Math.round(score * 100)}`;
  });
  const ms = (id) => Math.round(median((lhr) => lhr.audits[id].numericValue));
  console.log(`${what}: ${figures.join(", ")}`);
  console.log(`  first paint ${ms("first-contentful-paint")} ms, largest ${ms("largest-contentful-paint")} ms, blocked ${ms("total-blocking-time")} ms`);
  for (const id of CATEGORIES) {
    for (const { id: audit, weight } of all[0].categories[id].auditRefs) {
      const { score, title, displayValue = "", details } = all[0].audits[audit];
      if (weight === 0 || score === null || score >= 0.9) continue;
      console.log(`  ${id}: ${title} ${displayValue}`);
      for (const item of details?.items?.slice(0, 3) ?? []) console.log(`    ${JSON.stringify(item).slice(0, 300)}`);
    }
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

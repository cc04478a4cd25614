/**
 * Makes the pictures of docs/screenshots from the running product:
 *
 *     node test/browser/screenshots.mjs
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openApp } from "../lib/app.mjs";
import { launchBrowser } from "../lib/browser.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { root } from "../lib/paths.mjs";
import { poll } from "../lib/wait.mjs";

const OUT = join(root, "docs/screenshots");
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

const ANSWER = `The refresh failed because two requests renewed the same token at once: the second one sent a token that the first had just replaced.

I changed two things:

- **One renewal at a time.** Concurrent requests wait for the one that is under way.
- **A margin of 30 seconds**, so that a token is renewed before it expires.

\`\`\`ts
let renewal: Promise<Token> | null = null;

export function freshToken(): Promise<Token> {
  renewal ??= renew().finally(() => (renewal = null));
  return renewal;
}
\`\`\`

Shall I look at the logout path, which reads the same token?`;

const model = await startModelServer();
const muster = await startMuster(null, { model });
const browser = await launchBrowser(null);
try {
  mkdirSync(OUT, { recursive: true });
  await empty();
  const place = await furnish();
  await desktop(place);
  await phone(place);
} finally {
  await browser.close();
  await muster.dispose();
  await model.close();
}

async function project(name, files = {}) {
  const folder = join(muster.home, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return (await muster.ok("POST", "/api/projects", { path: folder })).id;
}

/** A session and its turns: [what the person typed, and for Claude Code what the model answers]. */
async function session(projectId, { agent = "shell", name, turns, state = "idle", read = true }) {
  const { sessionId } = await muster.newSession(agent, { projectId, name });
  for (const [at, [text, script]] of turns.entries()) {
    if (script) model.scripts.set(text, script);
    await muster.ok("POST", `/api/sessions/${sessionId}/messages`, { id: randomUUID(), text });
    const wanted = at === turns.length - 1 ? state : "idle";
    const rowIs = async () => (await muster.ok("GET", `/api/sessions/${sessionId}`)).state === wanted;
    await poll(rowIs, `${name} to be ${wanted}`, 60_000);
  }
  if (read) await muster.ok("POST", `/api/sessions/${sessionId}/read`, {});
  return { projectId, sessionId };
}

/** Three projects with sessions that work, failed, are done, and have news. */
async function furnish() {
  const dotfiles = await project("dotfiles");
  const site = await project("website", { "README.md": "# Website\n" });
  const api = await project("billing-api", { 
    Makefile: "test:\n\t@echo '214 passed, 0 failed'\n",
    "token.ts": "export async function refreshToken(token: Token) {\n  return renew(token);\n}\n",
  });
  await session(dotfiles, { name: "Tidy the shell profile", turns: [["echo '3 files changed'"]] });
  await session(site, { name: "Convert images to WebP", turns: [["echo 'converted 48 of 48'"]], read: false });
  const working = await session(site, {
    name: "Upgrade to Vite 8",
    agent: "claude",
    turns: [
      [
        "Upgrade Vite to version 8 and fix what breaks.",
        "[[say:Vite 8 is installed. Two plugins still ask for the old `transformIndexHtml` signature; I am changing them now.]][[wait:vite]]",
      ],
    ],
    state: "working",
  });
  const failed = await session(api, {
    name: "Deploy to staging",
    turns: [
      ["make test"],
      ["echo 'pushing billing-api:1.8.2'; echo 'error: no space left on device (/var/lib/registry)' >&2; exit 1"],
    ],
    state: "error",
  });
  await session(api, {
    name: "Invoices as PDF",
    agent: "claude",
    turns: [["Render invoices as PDF.", "[[say:I begin with the template.]][[tool:npm install pdfkit]][[say:Done.]]"]],
    state: "working",
  });
  const main = await session(api, {
    name: "Fix the token refresh",
    agent: "claude",
    turns: [
      ["Users are signed out at random. Find out why, and fix it.", `[[tool:grep -n refresh token.ts]][[say:${ANSWER}]]`],
      ["Yes, please.", "[[say:It does: `logout.ts` keeps its own copy of the token. I am replacing it.]][[wait:main]]"],
    ],
    state: "working",
  });
  await muster.ok("PATCH", `/api/sessions/${main.sessionId}`, { pinned: true });
  return { main, failed, working };
}

/** The offer of notifications is made once, and not on the pictures. */
async function declineHint({ page }) {
  await page.getByTestId("attention-hint").getByRole("button", { name: "Not now" }).click();
}

/** Takes the picture when the page is at rest: fonts there, nothing being fetched, nothing moving. */
async function take({ page }, name) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: join(OUT, `${name}.png`), animations: "disabled", caret: "hide" });
  page.assertQuiet();
}

async function empty() {
  const app = await openApp(null, browser, muster, { viewport: DESKTOP, colorScheme: "light" });
  await app.page.goto("/");
  await app.page.getByRole("heading", { name: "Add your first project" }).waitFor();
  await take(app, "empty");
  await app.page.context().close();
}

async function desktop({ main, failed }) {
  for (const colorScheme of ["light", "dark"]) {
    const app = await openApp(null, browser, muster, { viewport: DESKTOP, colorScheme });
    await app.openSession(main);
    await declineHint(app);
    await app.says("text", "keeps its own copy");
    await app.page.locator("pre .hljs-keyword, pre span").first().waitFor();
    await take(app, `session-${colorScheme}`);
    if (colorScheme === "dark") {
      await app.page.keyboard.press("Control+k");
      await app.page.getByRole("dialog").getByRole("combobox").fill("in");
      await app.page.getByRole("option").first().waitFor();
      await app.page.screenshot({ path: join(OUT, "palette.png"), animations: "disabled", caret: "hide" });
    }
    if (colorScheme === "light") {
      await app.clickSession(failed.sessionId);
      await app.says("error", "no space left");
      await app.badge(failed.sessionId).hover();
      await app.page.getByRole("tooltip").first().waitFor();
      await app.page.screenshot({ path: join(OUT, "error.png"), animations: "disabled", caret: "hide" });
    }
    await app.page.context().close();
  }
}

async function phone({ working }) {
  const app = await openApp(null, browser, muster, { viewport: PHONE, colorScheme: "light", phone: true });
  await app.openSession(working);
  await declineHint(app);
  await app.says("text", "Vite 8 is installed");
  await take(app, "phone-session");
  await app.page.getByRole("button", { name: "Projects and sessions" }).click();
  await app.row(working.sessionId).waitFor();
  await take(app, "phone-sidebar");
  await app.page.context().close();
}

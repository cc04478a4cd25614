/** The settings: what there is, who may, and how it looks. */
import assert from "node:assert/strict";
import { newProject, openApp } from "../lib/app.mjs";
import { launchBrowser, openPage, test } from "../lib/browser.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before } from "../lib/test.mjs";

let browser;
before(async () => {
  browser = await launchBrowser(null);
});
after(() => browser?.close());

const answered = (status) => new RegExp(`^error: Failed to load resource: .* status of ${status} `);

async function settings(t, section) {
  const muster = await startMuster(t);
  await newProject(muster);
  const app = await openApp(t, browser, muster);
  await app.page.goto(`/settings/${section}`);
  await app.page.getByRole("heading", { level: 2 }).first().waitFor();
  return { muster, app, page: app.page };
}

test("agents: those that are there with their path, the others with how to get them", async (t) => {
  const { muster, app, page } = await settings(t, "agents");
  const { agents } = await muster.ok("GET", "/api/agents");
  const shell = page.getByRole("list", { name: "Found" }).locator('[data-agent="shell"]');
  await shell.getByText("/bin/sh").waitFor();
  for (const agent of agents.filter(({ available }) => !available)) {
    const row = page.getByRole("list", { name: "Not installed" }).locator(`[data-agent="${agent.id}"]`);
    assert.ok((await row.innerText()).includes(agent.missing.replaceAll("`", "")));
  }
  const asked = app.page.countRequests("GET", "/api/agents");
  await page.getByRole("button", { name: "Look again" }).click();
  await app.until(() => app.page.countRequests("GET", "/api/agents") === asked + 1, "a new look");
  await page.getByText(/agents\.json/).waitFor();
  app.verify();
});

test("a token is made, shown once, works, and is revoked with a question first", async (t) => {
  const { muster, app, page } = await settings(t, "access");
  const create = page.getByRole("button", { name: "Create token" });
  assert.ok(await create.isDisabled());
  await page.getByLabel("New token").fill("nightly job");
  await create.click();
  const token = (await page.getByTestId("token").innerText()).trim();
  const ask = () => fetch(`${muster.url}/api/projects`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask()).status, 200);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByTestId("token").waitFor({ state: "detached" });
  assert.ok(!(await page.content()).includes(token), "it is shown once");
  const row = page.getByRole("list", { name: "Tokens for programs" }).getByTestId("access").filter({ hasText: "nightly job" });
  await row.getByRole("button", { name: "Revoke nightly job" }).click();
  const dialog = page.getByRole("dialog", { name: "Revoke “nightly job”?" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal((await ask()).status, 200);
  await row.getByRole("button", { name: "Revoke nightly job" }).click();
  await dialog.getByRole("button", { name: "Revoke token" }).click();
  await dialog.waitFor({ state: "detached" }); // behind it the list has no role
  await row.waitFor({ state: "detached" });
  assert.equal((await ask()).status, 401);
  app.verify();
});

test("this browser is marked among those that are signed in, and signs out", async (t) => {
  const { muster, app, page } = await settings(t, "access");
  const other = await openPage(t, browser, muster);
  await other.goto("/");
  await page.reload();
  const browsers = page.getByRole("list", { name: "Browsers" }).getByTestId("access");
  await app.until(async () => (await browsers.count()) === 2, "both browsers");
  assert.equal(await browsers.filter({ hasText: "this browser" }).count(), 1);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "This browser is not signed in" }).waitFor();
  await other.reload();
  await other.getByTestId("project-list").waitFor();
  // Its socket may try once more before the page is left.
  app.verify({ lists: 3, except: [answered(401), /WebSocket connection to .* HTTP Authentication failed/] });
});

test("the theme is chosen, applied before the first paint, and follows the system again", async (t) => {
  const { app, page } = await settings(t, "appearance");
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), "light");
  await page.getByText("Dark", { exact: true }).click();
  await app.until(async () => (await theme()) === "dark", "the dark theme");
  await page.reload();
  assert.equal(await theme(), "dark");
  await page.getByText("As the system", { exact: true }).click();
  await app.until(async () => (await theme()) === "light", "the theme of the system");
  await page.emulateMedia({ colorScheme: "dark" });
  await app.until(async () => (await theme()) === "dark", "the system's other theme");
});

test("about says the version and where the data is", async (t) => {
  const { muster, page, app } = await settings(t, "about");
  const about = await muster.ok("GET", "/api/about");
  await page.getByText(about.version, { exact: true }).waitFor();
  await page.getByText(about.data_dir, { exact: true }).waitFor();
  await page.goto("/settings");
  await page.waitForURL("**/settings/agents");
  await page.goto("/settings/nothing");
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  app.verify({ lists: 3 });
});

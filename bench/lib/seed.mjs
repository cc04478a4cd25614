// Fills a server with projects and sessions through its API.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { many, openApi } from "./client.mjs";

/* Wide, so that one commit takes many of them. */
const WIDE = 128;

/** from: how many there are from before. */
export async function seed(server, { projects, sessionsEach, from = 0 }) {
  const api = openApi(server, WIDE);
  const made = [];
  await many(projects, 32, async (n) => { // no more lookups of directories may wait
    const path = join(server.dir, "p", `${from}-${n}`);
    mkdirSync(path, { recursive: true });
    made.push((await api("POST", "/api/projects", { path })).id);
  });
  const sessions = [];
  await many(projects * sessionsEach, WIDE, async (n) => {
    sessions.push((await api("POST", `/api/projects/${made[n % projects]}/sessions`, { agent: "shell" })).id);
  });
  api.close();
  return { projects: made, sessions };
}

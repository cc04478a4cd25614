// Fills a server with projects and sessions through its API.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { many, openApi } from "./client.mjs";

export async function seed(server, { projects, sessionsEach }) {
  const api = openApi(server, 32);
  const made = [];
  await many(projects, 32, async (n) => {
    const path = join(server.dir, "p", String(n));
    mkdirSync(path, { recursive: true });
    made.push((await api("POST", "/api/projects", { path })).id);
  });
  const sessions = [];
  await many(projects * sessionsEach, 32, async (n) => {
    sessions.push((await api("POST", `/api/projects/${made[n % projects]}/sessions`, { agent: "shell" })).id);
  });
  api.close();
  return { projects: made, sessions };
}

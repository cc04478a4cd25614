// CPU per change (PATCH of a name, ten subscribers) while ever more is merely there: sessions, projects, idle
// connections, topics. Flat lines are wanted.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { cpuSeconds } from "../lib/cpu.mjs";
import { openApi, openCrowd } from "../lib/client.mjs";
import { seed } from "../lib/seed.mjs";
import { bench, startMuster } from "../lib/servers.mjs";
import { median, show } from "../lib/stats.mjs";

const CHANGES = 200;

/* Idle connections, each on a topic of its own or all on one. Resolves when all have joined. */
async function idle(server, conns, topics) {
  if (!conns) return () => {};
  const args = ["-c", "1", join(bench, "wsload"), "--port", server.port, "--mode", "idle", "--conns", conns, "--topics", topics, "--idle", 600, ...server.flags];
  const child = spawn("taskset", args.map(String), { stdio: "ignore" });
  const api = openApi(server, 1);
  const open = async () => Number(/^muster_subscriptions (\d+)/m.exec(await text(server))?.[1] ?? 0);
  while ((await open()) < conns) await new Promise((resolve) => setTimeout(resolve, 100));
  api.close();
  return () => new Promise((resolve) => child.on("close", resolve) && child.kill("SIGKILL"));
}

const text = async ({ url, token }) => (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();

async function costOfChange(server, id) {
  const api = openApi(server, 1);
  const clients = await openCrowd(10, () => "projects", server);
  const rounds = [];
  for (let round = 0; round < 5; round++) {
    const cpu = cpuSeconds(server.pid);
    for (let n = 0; n < CHANGES; n++) await api("PATCH", `/api/sessions/${id}`, { name: `name ${round} ${n}` });
    rounds.push(((cpuSeconds(server.pid) - cpu) / CHANGES) * 1e6);
  }
  clients.forEach((client) => client.close());
  api.close();
  return median(rounds);
}

async function point({ projects = 1, sessionsEach = 1, conns = 0, topics = 1 }) {
  const server = await startMuster();
  const { sessions } = await seed(server, { projects, sessionsEach });
  const stop = await idle(server, conns, topics);
  const cost = await costOfChange(server, sessions[0]);
  await stop();
  await server.stop();
  return cost;
}

const lines = {
  sessions: { at: [1, 100, 1000, 10000], make: (n) => ({ projects: Math.min(n, 10), sessionsEach: Math.ceil(n / 10) }) },
  projects: { at: [1, 10, 100, 1000], make: (n) => ({ projects: n }) },
  connections: { at: [1, 100, 1000, 10000], make: (n) => ({ conns: n }) },
  topics: { at: [1, 100, 1000, 10000], make: (n) => ({ conns: n, topics: n }) },
};

export const growth = {
  id: "growth",
  title: "CPU per change against what did not change",
  goal: "flat lines",
  slow: true,
  async run({ quick }) {
    const figures = {};
    for (const [name, { at, make }] of Object.entries(lines)) {
      figures[name] = [];
      for (const n of quick ? at.slice(0, 3) : at) figures[name].push([n, await point(make(n))]);
    }
    return figures;
  },
  say: (f) => Object.entries(f).map(([name, points]) => `${name} ${points.map(([n, us]) => `${show(n)}: ${show(us)}`).join(", ")} µs`).join("; "),
  met: (f) => Object.values(f).every((points) => points.at(-1)[1] <= 1.2 * points[0][1]),
};

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

/* One server for a line of sessions or projects: it is filled further from point to point. */
async function filled(at, fill) {
  const server = await startMuster({ flags: [] });
  const points = [];
  let [have, id] = [0, null];
  for (const n of at) {
    const { sessions } = await seed(server, { ...fill(n - have), from: have });
    id ??= sessions[0];
    have = n;
    points.push([n, await costOfChange(server, id)]);
  }
  await server.stop();
  return points;
}

async function connected(at, topicsOf) {
  const points = [];
  for (const n of at) {
    const server = await startMuster();
    const { sessions } = await seed(server, { projects: 1, sessionsEach: 1 });
    const stop = await idle(server, n, topicsOf(n));
    points.push([n, await costOfChange(server, sessions[0])]);
    await stop();
    await server.stop();
  }
  return points;
}

const lines = {
  sessions: { at: [1, 100, 1000, 10000, 100000], points: (at) => filled(at, (n) => ({ projects: Math.ceil(n / 100), sessionsEach: Math.min(n, 100) })) },
  projects: { at: [1, 10, 100, 1000, 10000], points: (at) => filled(at, (n) => ({ projects: n, sessionsEach: 1 })) },
  connections: { at: [1, 100, 1000, 10000], points: (at) => connected(at, () => 1) },
  topics: { at: [1, 100, 1000, 10000], points: (at) => connected(at, (n) => n) },
};

export const growth = {
  id: "growth",
  title: "CPU per change against what did not change",
  goal: "flat lines",
  slow: true,
  async run({ quick }) {
    const figures = {};
    for (const [name, { at, points }] of Object.entries(lines)) figures[name] = await points(quick ? at.slice(0, 3) : at);
    return figures;
  },
  say: (f) => Object.entries(f).map(([name, points]) => `${name} ${points.map(([n, us]) => `${show(n)}: ${show(us)}`).join(", ")} µs`).join("; "),
  met: (f) => Object.values(f).every((points) => points.at(-1)[1] <= 1.2 * points[0][1]),
};

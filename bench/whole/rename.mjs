// PATCH of a session's name, committed in SQLite and delivered to 1,000 subscribers: changes per second of
// the server's CPU, beside the stack that the specification names, and beside what 1,000 deliveries alone cost
// the floor, measured in the same rounds: one change at a time cannot cost less than its 1,000 writes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuSeconds, softirqSeconds } from "../lib/cpu.mjs";
import { many, openApi, openCrowd } from "../lib/client.mjs";
import { bench, servers, start, startMuster, wsload } from "../lib/servers.mjs";
import { median, show } from "../lib/stats.mjs";

const SUBSCRIBERS = 1000;

async function measure(server, changes, wide) {
  const api = openApi(server, wide);
  const id = await server.makeSession(api);
  const clients = await openCrowd(SUBSCRIBERS, () => "projects", server);
  const received = () => clients.reduce((sum, client) => sum + client.frames, 0);
  const settled = async (wanted) => {
    while (received() < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await api("PATCH", `/api/sessions/${id}`, { name: "warm" });
  await settled(2 * SUBSCRIBERS);
  const [frames, cpu, soft, began] = [received(), cpuSeconds(server.pid), softirqSeconds(), performance.now()];
  await many(changes, wide, (n) => api("PATCH", `/api/sessions/${id}`, { name: `name ${n}` }));
  const all = changes * SUBSCRIBERS;
  await settled(frames + all);
  const used = cpuSeconds(server.pid) - cpu + (softirqSeconds() - soft);
  clients.forEach((client) => client.close());
  api.close();
  return { per_cpu_second: changes / used, per_second: changes / ((performance.now() - began) / 1000), frames_per_change: (received() - frames) / changes / SUBSCRIBERS };
}

async function muster() {
  const server = await startMuster({ flags: [] });
  return Object.assign(server, {
    async makeSession(api) {
      const project = await api("POST", "/api/projects", { path: server.dir });
      return (await api("POST", `/api/projects/${project.id}/sessions`, { agent: "shell" })).id;
    },
  });
}

async function fastify() {
  const dir = mkdtempSync(join(tmpdir(), "muster-bench-"));
  const server = await start("node", [join(bench, "peers/fastify.mjs"), "4991", join(dir, "db")], { port: 4991 });
  return {
    ...server,
    makeSession: async (api) => (await api("POST", "/api/sessions", { id: "s1", name: "new" })).id,
    async stop() {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/* CPU µs of a delivery to one of 1,000 subscribers, one publish at a time. */
async function floorDelivery(seconds) {
  const server = await servers.floor.start();
  try {
    return (await wsload(server, ["--conns", SUBSCRIBERS, "--window", 1, "--duration", seconds])).measure.server_and_ksoftirqd_us_per_delivery;
  } finally {
    await server.stop();
  }
}

export const rename = {
  id: "rename",
  title: "PATCH of a name, committed and delivered to 1,000 subscribers",
  goal: "≥ 5 × the specification's own stack in changes/s per CPU second",
  async run({ quick, rounds }) {
    const got = { muster: [], fastify: [] };
    const floor = [];
    for (const wide of [1, 8])
      for (let round = 0; round < (quick ? 1 : rounds); round++) {
        if (wide === 1) floor.push(await floorDelivery(quick ? 1 : 3));
        for (const [name, begin] of Object.entries({ muster, fastify })) {
          const server = await begin();
          try {
            got[name].push({ wide, ...(await measure(server, quick ? 100 : 300, wide)) });
          } finally {
            await server.stop();
          }
        }
      }
    const of = (name, wide, key) => median(got[name].filter((r) => r.wide === wide).map((r) => r[key]));
    const side = (name) => ({ one: of(name, 1, "per_cpu_second"), eight: of(name, 8, "per_cpu_second"), rate_one: of(name, 1, "per_second"), rate_eight: of(name, 8, "per_second") });
    return { muster: side("muster"), fastify: side("fastify"), subscribers: SUBSCRIBERS, floor_us: median(floor) };
  },
  say: (f) =>
    `${show(f.muster.one)} changes per CPU second, Fastify ${show(f.fastify.one)}: ${show(f.muster.one / f.fastify.one)} × ` +
    `(the floor's 1,000 deliveries alone allow ${show(1e6 / (f.floor_us * f.subscribers))}: at ${show((f.muster.one * f.floor_us * f.subscribers) / 1e6)} × of it); ` +
    `8 at once ${show(f.muster.eight)} and ${show(f.fastify.eight)}: ${show(f.muster.eight / f.fastify.eight)} ×`,
  met: (f) => f.muster.one >= 5 * f.fastify.one && f.muster.eight >= 5 * f.fastify.eight,
};

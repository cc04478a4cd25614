// Many sessions whose agents print 20 lines a second, browsers on the list, others on sessions: CPU, memory
// over time, and whether every transcript is complete. The agents and their holders share the cores with the
// server; what each kind uses is counted by itself. MUSTER_BENCH_CROWD and MUSTER_BENCH_CROWD_SECONDS make it
// smaller or shorter.
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cpuSeconds, rssBytes } from "../lib/cpu.mjs";
import { many, openApi, openCrowd } from "../lib/client.mjs";
import { seed } from "../lib/seed.mjs";
import { bench, startMuster } from "../lib/servers.mjs";
import { show } from "../lib/stats.mjs";

const PER_SECOND = 20;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* Every line, in order, over all pages. */
async function complete(api, id, lines) {
  let [text, before] = ["", undefined];
  for (;;) {
    const { messages, has_older } = await api("GET", `/api/sessions/${id}/messages${before === undefined ? "" : `?before=${before}`}`);
    text = messages.filter((m) => m.kind !== "user").map((m) => m.text).join("") + text;
    if (!has_older) break;
    before = messages[0].seq;
  }
  let at = -1;
  for (let n = 0; n < lines; n++) {
    at = text.indexOf(`line ${n} of `, at + 1);
    if (at < 0) return false;
  }
  return true;
}

async function running(api) {
  let [count, path] = [0, "/api/projects"];
  for (;;) {
    const { projects, next } = await api("GET", path);
    count += projects.flatMap((p) => p.sessions).filter((s) => s.state === "working").length;
    if (next === undefined) return count;
    path = `/api/projects?after=${next}`;
  }
}

/* CPU seconds of the living holders and of the agents, and how many they are. */
function others(server) {
  const sums = { holders: 0, agents: 0, holder_count: 0, agent_count: 0 };
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const kind = command[0].endsWith("/printer") ? "agent" : command[1] === "hold" && command[2]?.startsWith(server.dir) ? "holder" : null;
      if (!kind) continue;
      sums[`${kind}s`] += cpuSeconds(pid);
      sums[`${kind}_count`]++;
    } catch {
      continue; /* it ended meanwhile */
    }
  }
  return sums;
}

const logBytes = (server) => statSync(join(server.dir, "muster", "muster.db-wal"), { throwIfNoEntry: false })?.size ?? 0;

export const crowd = {
  id: "crowd",
  title: `sessions whose agents print ${PER_SECOND} lines a second, 50 browsers on the list, 200 on sessions`,
  goal: "1,000 sessions: one core is enough; no growth of memory over 10 minutes; every transcript complete",
  slow: true,
  long: true,
  async run({ quick }) {
    const sessions = Number(process.env.MUSTER_BENCH_CROWD ?? (quick ? 50 : 1000));
    const seconds = Number(process.env.MUSTER_BENCH_CROWD_SECONDS ?? (quick ? 10 : 600));
    const server = await startMuster({ flags: [], cores: "0,1" });
    const api = openApi(server, 32);
    const made = await seed(server, { projects: 10, sessionsEach: Math.ceil(sessions / 10) });
    const ids = made.sessions.slice(0, sessions);
    const watchers = Math.min(200, sessions);
    const list = await openCrowd(50, () => "projects", server);
    const watching = await openCrowd(watchers, (n) => `session:${ids[n]}`, server);
    const lines = seconds * PER_SECOND;
    const text = `${bench}printer ${lines} ${PER_SECOND}`;
    await many(sessions, 16, (n) => api("POST", `/api/sessions/${ids[n]}/messages`, { id: randomUUID(), text }));
    const samples = [];
    const [cpu, began, before] = [cpuSeconds(server.pid), performance.now(), others(server)];
    let [used, log] = [{ server: 0, holders: 0, agents: 0 }, 0];
    while (performance.now() - began < (seconds - 5) * 1000) {
      await sleep(Math.min(5000, seconds * 100));
      samples.push(rssBytes(server.pid));
      log = Math.max(log, logBytes(server));
      const [span, now] = [(performance.now() - began) / 1000, others(server)];
      if (now.agent_count < sessions) break; /* the first ones are done: what they used is not told any more */
      used = {
        server: (cpuSeconds(server.pid) - cpu) / span,
        holders: (now.holders - before.holders) / span,
        agents: (now.agents - before.agents) / span,
      };
      if (process.env.MUSTER_BENCH_SAY) console.log(Math.round(span), used, samples.at(-1), log, now.holder_count, now.agent_count);
    }
    while (await running(api)) await sleep(500);
    const took = (performance.now() - began) / 1000;
    let whole = 0;
    await many(sessions, 8, async (n) => {
      const good = await complete(api, ids[n], lines);
      whole += good ? 1 : 0;
    });
    const delivered = [...list, ...watching].reduce((sum, client) => sum + client.frames, 0);
    [...list, ...watching].forEach((client) => client.close());
    api.close();
    await server.stop();
    const third = Math.max(1, Math.floor(samples.length / 3));
    return { sessions, seconds, took, lines, used, log, rss_early: samples[third - 1], rss_late: samples.at(-1), complete: whole, delivered };
  },
  say: (f) =>
    `${show(f.sessions)} sessions for ${show(f.seconds)} s: the server used ${show(f.used.server * 100)} % of a core (beside it the holders ${show(f.used.holders * 100)} %, ` +
    `the agents ${show(f.used.agents * 100)} %); memory ${show(f.rss_early / 1e6)} → ${show(f.rss_late / 1e6)} MB, the store's log ≤ ${show(f.log / 1e6)} MB; ` +
    `${show(f.complete)} transcripts complete; ${show(f.delivered)} frames delivered`,
  met: (f) => f.sessions >= 1000 && f.used.server <= 1 && f.rss_late <= f.rss_early * 1.05 && f.complete === f.sessions,
};

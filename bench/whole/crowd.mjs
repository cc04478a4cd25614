// Many sessions whose agents print 20 lines a second, browsers on the list, others on sessions: CPU, memory
// over time, and whether every transcript is complete.
import { randomUUID } from "node:crypto";
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

export const crowd = {
  id: "crowd",
  title: `sessions whose agents print ${PER_SECOND} lines a second, 50 browsers on the list, 200 on sessions`,
  goal: "1,000 sessions: one core is enough; no growth of memory over 10 minutes; every transcript complete",
  slow: true,
  async run({ quick }) {
    const sessions = Number(process.env.MUSTER_BENCH_CROWD ?? (quick ? 50 : 1000));
    const seconds = Number(process.env.MUSTER_BENCH_CROWD_SECONDS ?? (quick ? 10 : 600));
    const server = await startMuster({ flags: [] });
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
    const [cpu, began] = [cpuSeconds(server.pid), performance.now()];
    let busy = 0;
    while (performance.now() - began < (seconds - 5) * 1000) {
      await sleep(Math.min(5000, seconds * 100));
      samples.push(rssBytes(server.pid));
      busy = (cpuSeconds(server.pid) - cpu) / ((performance.now() - began) / 1000);
    }
    while (await running(api)) await sleep(500);
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
    return { sessions, seconds, lines, cpu_of_one_core: busy, rss_early: samples[third - 1], rss_late: samples.at(-1), complete: whole, delivered };
  },
  say: (f) =>
    `${show(f.sessions)} sessions for ${show(f.seconds)} s: ${show(f.cpu_of_one_core * 100)} % of a core; memory ${show(f.rss_early / 1e6)} → ${show(f.rss_late / 1e6)} MB; ` +
    `${show(f.complete)} transcripts complete; ${show(f.delivered)} frames delivered`,
  met: (f) => f.sessions >= 1000 && f.cpu_of_one_core <= 1 && f.rss_late <= f.rss_early * 1.05 && f.complete === f.sessions,
};

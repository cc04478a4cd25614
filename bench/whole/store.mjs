// A store as full as the limits let it be: start-up, a join that asks for what changed, a whole snapshot by one
// reader and by twenty at once, and how long others wait meanwhile.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuSeconds, peakBytes, rssBytes } from "../lib/cpu.mjs";
import { openApi, openSocket } from "../lib/client.mjs";
import { seed } from "../lib/seed.mjs";
import { bench, startMuster } from "../lib/servers.mjs";
import { startTime } from "../lib/start-time.mjs";
import { median, percentile, show } from "../lib/stats.mjs";

const READERS = 20;
const limit = (name) => Number(new RegExp(`LIMIT\\(${name}, (\\d+)`).exec(readFileSync(`${bench}../protocol/protocol.def`, "utf8"))[1]);

async function deltas(server, sessions) {
  const api = openApi(server);
  const client = await openSocket(server);
  const { epoch, rev } = (await client.call("projects", "phx_join")).response;
  const waits = [];
  let [since, before] = [rev, rev];
  for (let n = 0; n < 200; n++) {
    await api("PATCH", `/api/sessions/${sessions[(n * 499) % sessions.length]}`, { name: `renamed ${n}` });
    const began = performance.now();
    const { response } = await client.call("projects", "phx_join", { since: { epoch, rev: since } });
    waits.push(performance.now() - began);
    if (response.mode !== "delta" || response.sessions.length !== 1) throw new Error(`not a delta of one row: ${JSON.stringify(response).slice(0, 300)}`);
    [before, since] = [since, response.rev];
  }
  const cpu = cpuSeconds(server.pid);
  for (let n = 0; n < 500; n++) await client.call("projects", "phx_join", { since: { epoch, rev: before } });
  const spent = cpuSeconds(server.pid) - cpu;
  client.close();
  api.close();
  return { delta_p50_ms: percentile(waits, 0.5), delta_p99_ms: percentile(waits, 0.99), delta_cpu_us: (spent / 500) * 1e6 };
}

/* Reads all of it and parses nothing: the next place stands at the end of a slice. */
async function read(server) {
  const began = performance.now();
  let [slices, answered] = [0, null];
  const client = await openSocket({ ...server, onText: (text) => answered(text) });
  const ask = (event, payload) =>
    new Promise((resolve) => {
      answered = resolve;
      client.push("projects", event, payload, "1");
    });
  let text = await ask("phx_join", {});
  for (;;) {
    slices++;
    const next = /"next":"([\d.]+)"/.exec(text.subarray(-200).toString("latin1"))?.[1];
    if (!next) break;
    text = await ask("snapshot", { after: next });
  }
  client.close();
  return { ms: performance.now() - began, slices, bytes: client.bytes };
}

async function snapshots(server) {
  const cpu = cpuSeconds(server.pid);
  const alone = [];
  for (let n = 0; n < 3; n++) alone.push(await read(server));
  const spent = (cpuSeconds(server.pid) - cpu) / alone.length;
  const [rss, began] = [rssBytes(server.pid), performance.now()];
  const heart = fork(`${bench}lib/heart.mjs`, [String(server.port), server.token]);
  await once(heart, "message");
  await Promise.all(Array.from({ length: READERS }, () => read(server)));
  const all = performance.now() - began;
  const said = once(heart, "message");
  heart.send("stop");
  const [waits] = await said;
  return {
    snapshot_ms: median(alone.map(({ ms }) => ms)),
    snapshot_cpu_ms: spent * 1000,
    slices: alone[0].slices,
    snapshot_bytes: alone[0].bytes,
    readers_ms: all,
    readers_growth: peakBytes(server.pid) - rss,
    rss_after: rssBytes(server.pid),
    heartbeat: waits,
  };
}

export const store = {
  id: "store",
  title: "a full store: start-up; join with `since` one change ago; snapshot, and 20 at once",
  goal: "10,000 projects × 10 sessions: start ≤ 1 s; delta ≤ 1 ms; snapshot in bounded memory",
  slow: true,
  async run({ quick }) {
    const projects = quick ? 100 : limit("PROJECTS");
    const sessionsEach = Math.floor((quick ? 1000 : limit("SESSIONS")) / projects);
    const data = mkdtempSync(join(tmpdir(), "muster-bench-"));
    let server = await startMuster({ data, flags: [] });
    const { sessions } = await seed(server, { projects, sessionsEach });
    await server.stop();
    const starts = [];
    for (let n = 0; n < 5; n++) starts.push(await startTime(join(data, "muster")));
    server = await startMuster({ data, flags: [] });
    const figures = { projects, sessions: sessions.length, start_ms: median(starts), rss_bytes: rssBytes(server.pid) };
    Object.assign(figures, await deltas(server, sessions), await snapshots(server));
    await server.stop();
    rmSync(data, { recursive: true, force: true });
    return figures;
  },
  say: (f) =>
    `${show(f.projects)} projects, ${show(f.sessions)} sessions: start ${show(f.start_ms)} ms; delta p50 ${show(f.delta_p50_ms)} ms, p99 ${show(f.delta_p99_ms)} ms, ` +
    `${show(f.delta_cpu_us)} µs of the server's; snapshot of ${show(f.snapshot_bytes / 1e6)} MB in ${show(f.slices)} slices ${show(f.snapshot_ms)} ms, ` +
    `${show(f.snapshot_cpu_ms)} ms of the server's; ${READERS} readers at once ${show(f.readers_ms / 1000)} s, memory + ${show(f.readers_growth / 1e6)} MB, ` +
    `a heartbeat beside them p99 ${show(f.heartbeat.p99)} ms, at most ${show(f.heartbeat.max)} ms`,
  met: (f) => f.projects >= 10000 && f.start_ms <= 1000 && f.delta_p99_ms <= 1 && f.readers_growth < 16e6,
};

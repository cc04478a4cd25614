// A store as full as the limits let it be: start-up, a join that asks for what changed, a whole snapshot.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peakBytes, rssBytes } from "../lib/cpu.mjs";
import { openApi, openSocket } from "../lib/client.mjs";
import { seed } from "../lib/seed.mjs";
import { bench, startMuster } from "../lib/servers.mjs";
import { median, show } from "../lib/stats.mjs";

const limit = (name) => Number(new RegExp(`LIMIT\\(${name}, (\\d+)`).exec(readFileSync(`${bench}../protocol/protocol.def`, "utf8"))[1]);

async function timed(make) {
  const began = performance.now();
  const answer = await make();
  return { ms: performance.now() - began, answer };
}

async function joins(server, sessions) {
  const api = openApi(server);
  const client = await openSocket(server);
  const first = await client.call("projects", "phx_join");
  await client.call("projects", "phx_leave");
  const { epoch, rev } = first.response;
  const deltas = [];
  for (let n = 0; n < 50; n++) {
    const since = n === 0 ? rev : deltas.at(-1).answer.response.rev;
    await api("PATCH", `/api/sessions/${sessions[n]}`, { name: `renamed ${n}` });
    deltas.push(await timed(() => client.call("projects", "phx_join", { since: { epoch, rev: since } })));
    await client.call("projects", "phx_leave");
  }
  const before = rssBytes(server.pid);
  const snapshots = [];
  for (let n = 0; n < 5; n++) {
    const bytes = client.bytes;
    const { ms } = await timed(() => client.call("projects", "phx_join"));
    snapshots.push({ ms, bytes: client.bytes - bytes });
    await client.call("projects", "phx_leave");
  }
  client.close();
  api.close();
  return {
    delta_ms: median(deltas.map((d) => d.ms)),
    delta_rows: deltas.at(-1).answer.response.sessions?.length,
    snapshot_ms: median(snapshots.map((s) => s.ms)),
    snapshot_bytes: snapshots[0].bytes,
    snapshot_growth: peakBytes(server.pid) - before,
  };
}

export const store = {
  id: "store",
  title: "a full store: start-up; join with `since` one change ago; snapshot",
  goal: "start ≤ 1 s; delta ≤ 1 ms; snapshot in bounded memory (asked for 10,000 projects × 10 sessions)",
  slow: true,
  async run({ quick }) {
    const projects = quick ? 100 : limit("PROJECTS");
    const sessionsEach = Math.floor((quick ? 1000 : limit("SESSIONS")) / projects);
    const data = mkdtempSync(join(tmpdir(), "muster-bench-"));
    let server = await startMuster({ data, flags: [] });
    const { sessions } = await seed(server, { projects, sessionsEach });
    await server.stop();
    const starts = [];
    for (let n = 0; n < 3; n++) {
      const { ms, answer } = await timed(() => startMuster({ data, flags: [] }));
      starts.push(ms);
      server = answer;
      if (n < 2) await server.stop();
    }
    const rss = rssBytes(server.pid);
    const figures = { projects, sessions: sessions.length, start_ms: median(starts), rss_bytes: rss, ...(await joins(server, sessions)) };
    await server.stop();
    rmSync(data, { recursive: true, force: true });
    return figures;
  },
  say: (f) =>
    `${show(f.projects)} projects, ${show(f.sessions)} sessions: start ≤ ${show(f.start_ms)} ms (looked at every 50), delta ${show(f.delta_ms)} ms, ` +
    `snapshot of ${show(f.snapshot_bytes / 1e6)} MB ${show(f.snapshot_ms)} ms, memory grew by ${show(f.snapshot_growth / 1e6)} MB`,
  met: (f) => f.projects >= 10000 && f.start_ms <= 1000 && f.delta_ms <= 1 && f.snapshot_growth < 4e6,
};

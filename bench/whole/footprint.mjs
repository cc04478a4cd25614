// Size of the program, time from start to the first answer, memory of an idle server.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pssBytes, rssBytes } from "../lib/cpu.mjs";
import { musterBinary, startMuster } from "../lib/servers.mjs";
import { startTime } from "../lib/start-time.mjs";
import { median, show } from "../lib/stats.mjs";

export const footprint = {
  id: "footprint",
  title: "size of the program, start to first answer, memory of an idle server",
  goal: "≤ 3 MB with the page inside; ≤ 30 ms; ≤ 12 MB",
  async run({ quick }) {
    const dir = mkdtempSync(join(tmpdir(), "muster-bench-"));
    const starts = [];
    await startTime(join(dir, "muster"));
    for (let n = 0; n < (quick ? 3 : 11); n++) starts.push(await startTime(join(dir, "muster")));
    rmSync(dir, { recursive: true, force: true });
    const server = await startMuster();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const figures = { binary_bytes: statSync(musterBinary).size, start_ms: median(starts), rss_bytes: rssBytes(server.pid), pss_bytes: pssBytes(server.pid) };
    await server.stop();
    return figures;
  },
  say: (f) => `${show(f.binary_bytes / 1e6)} MB; ${show(f.start_ms)} ms; ${show(f.rss_bytes / 1e6)} MB resident (${show(f.pss_bytes / 1e6)} MB proportional)`,
  met: (f) => f.binary_bytes <= 3e6 && f.start_ms <= 30 && f.rss_bytes <= 12e6,
};

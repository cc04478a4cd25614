// An agent writes a line → the same bytes leave on the socket. The agent prints its clock (printer.c); a reader
// notes when the kernel got the bytes for a socket (reader.c), which on loopback is when they left. The text
// waits for the gathering tick (TICK_MS), which is taken off.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { openApi } from "../lib/client.mjs";
import { bench, startMuster } from "../lib/servers.mjs";
import { median, show } from "../lib/stats.mjs";

const PER_SECOND = 12;
const tick = Number(/LIMIT\(TICK_MS, (\d+)/.exec(readFileSync(`${bench}../protocol/protocol.def`, "utf8"))[1]);

/* ready: when all have joined; figures: when the agent has ended. */
function read(server, topic, conns) {
  const args = ["-c", "1", join(bench, "reader"), "--port", server.port, "--topic", topic, "--conns", conns, "--header", `Authorization: Bearer ${server.token}`];
  const child = spawn("taskset", args.map(String), { stdio: ["ignore", "pipe", "pipe"] });
  let [out, log] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  const figures = new Promise((resolve, reject) =>
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`reader: ${log}`)))),
  );
  const ready = new Promise((resolve) => child.stderr.on("data", (data) => (log += data).includes("ready") && resolve()));
  return { ready: Promise.race([ready, figures]), figures };
}

async function measure(subscribers, lines) {
  const server = await startMuster({ flags: [] });
  const api = openApi(server);
  try {
    const project = await api("POST", "/api/projects", { path: server.dir });
    const { id } = await api("POST", `/api/projects/${project.id}/sessions`, { agent: "shell" });
    const reader = read(server, `session:${id}`, subscribers);
    await reader.ready;
    await api("POST", `/api/sessions/${id}/messages`, { id: randomUUID(), text: `${bench}printer ${lines} ${PER_SECOND} stamp` });
    const { arrivals, p50, p90, p99, max } = await reader.figures;
    return { arrivals, p50: p50 - tick, p90: p90 - tick, p99: p99 - tick, max: max - tick };
  } finally {
    api.close();
    await server.stop();
  }
}

async function rounds(subscribers, lines, count) {
  const all = [];
  for (let n = 0; n < count; n++) all.push(await measure(subscribers, lines));
  return Object.fromEntries(Object.keys(all[0]).map((key) => [key, median(all.map((one) => one[key]))]));
}

export const latency = {
  id: "latency",
  title: `an agent writes a line → its bytes leave on the socket, above the tick of ${tick} ms`,
  goal: "p50 ≤ 1.5 ms, p99 ≤ 5 ms, with 1 and with 100 subscribers",
  async run({ quick }) {
    const [lines, count] = quick ? [60, 1] : [300, 3];
    return { tick, one: await rounds(1, lines, count), hundred: await rounds(100, lines, count) };
  },
  say: (f) => `1 subscriber: p50 ${show(f.one.p50)} ms, p99 ${show(f.one.p99)} ms; 100: p50 ${show(f.hundred.p50)} ms, p99 ${show(f.hundred.p99)} ms`,
  met: (f) => f.one.p50 <= 1.5 && f.one.p99 <= 5 && f.hundred.p50 <= 1.5 && f.hundred.p99 <= 5,
};

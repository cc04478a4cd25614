// What a second core brings: a server on one core without send threads, on two cores with one, while nobody
// reads (burst.c says why and how). The other two show that it is the threads, not the core, that make it.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { bench, startMuster } from "../lib/servers.mjs";
import { median, show } from "../lib/stats.mjs";

const sides = {
  one: { cores: "0", threads: 0 },
  one_on_two: { cores: "0,1", threads: 0 },
  two_on_one: { cores: "0", threads: 1 },
  two: { cores: "0,1", threads: 1 },
};

function burst(server, conns, rounds) {
  const args = ["--port", server.port, "--pid", server.pid, "--conns", conns, "--publishes", 5, "--rounds", rounds,
    "--header", `Authorization: Bearer ${server.token}`];
  return new Promise((resolve, reject) => {
    const child = spawn("taskset", ["-c", "1", join(bench, "burst"), ...args.map(String)], { stdio: ["ignore", "pipe", "pipe"] });
    let [out, log] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (log += data));
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(out)) : reject(new Error(log))));
  });
}

async function once({ cores, threads }, conns, rounds) {
  const server = await startMuster({ cores, flags: ["--bench-topics", "--send-threads", String(threads)] });
  try {
    return await burst(server, conns, rounds);
  } finally {
    await server.stop();
  }
}

export const threads = {
  id: "threads",
  title: "10,000 and 1,000 subscribers: deliveries per second with one core, and with two that share the writes",
  goal: "two ≥ 1.7 × one",
  async run({ quick, rounds }) {
    const figures = {};
    for (const conns of quick ? [10000] : [10000, 1000]) {
      const got = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
      for (let round = 0; round < (quick ? 1 : rounds); round++)
        for (const [name, side] of Object.entries(sides)) got[name].push(await once(side, conns, quick ? 5 : conns > 1000 ? 9 : 31));
      figures[conns] = Object.fromEntries(
        Object.entries(got).map(([name, list]) => [name, { rate: median(list.map((r) => r.deliveries_per_s)), cpu_us: median(list.map((r) => r.cpu_us_per_delivery)) }]),
      );
    }
    return figures;
  },
  say: (f) =>
    Object.entries(f)
      .map(([conns, s]) =>
        `${show(Number(conns))} subscribers: ${show(s.one.rate)} → ${show(s.two.rate)}/s = **${show(s.two.rate / s.one.rate)} ×** (CPU per delivery ${show(s.one.cpu_us)} → ${show(s.two.cpu_us)} µs; ` +
        `two cores without a thread ${show(s.one_on_two.rate)}, a thread without a second core ${show(s.two_on_one.rate)})`)
      .join("; "),
  met: (f) => Object.values(f).every((s) => s.two.rate >= 1.7 * s.one.rate),
};

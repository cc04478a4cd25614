// How each server is started on core 0, and what wsload must be told to speak with it.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";

export const bench = new URL("..", import.meta.url).pathname;
const root = join(bench, "..");
const peers = join(bench, "peers");
export const musterBinary = process.env.MUSTER_BIN ?? join(root, "build/release/muster");

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const canConnect = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket.destroy() && true));
    socket.on("error", () => resolve(false));
  });

async function until(what, ask) {
  for (let n = 0; n < 600; n++) {
    const answer = await ask();
    if (answer) return answer;
    await sleep(50);
  }
  throw new Error(`${what} did not start within 30 s`);
}

const fill = (file, values) =>
  Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`@${name}@`, value), readFileSync(join(peers, file), "utf8"));

/* What runs ends with the measurements, however they end. */
const running = new Set();
const track = (child) => {
  running.add(child);
  child.on("close", () => running.delete(child));
  return child;
};
for (const signal of ["SIGINT", "SIGTERM"])
  process.on(signal, () => {
    for (const child of running) child.kill("SIGTERM");
    process.exit(1);
  });

/** Starts a program, on core 0 unless `cores` names others. */
export async function start(command, args, { port, cores = "0", env } = {}) {
  const child = track(
    spawn("taskset", ["-c", cores, command, ...args], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } }),
  );
  let log = "";
  child.stderr.on("data", (data) => (log = (log + data).slice(-4000)));
  const ended = new Promise((resolve) => child.on("close", resolve));
  let over = false;
  ended.then(() => (over = true));
  if (port)
    await until(command, async () => {
      if (over) throw new Error(`${command} ended at once: ${log}`);
      return canConnect(port);
    });
  return {
    pid: child.pid,
    port,
    log: () => log,
    over: () => over,
    async stop() {
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await ended;
      clearTimeout(late);
    },
  };
}

const folder = () => mkdtempSync(join(tmpdir(), "muster-bench-"));
const withFolder = (server, dir) => ({
  ...server,
  dir,
  async stop() {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  },
});

/** muster, with the bench topics; `data` keeps a store from before. */
export async function startMuster({ data, flags = ["--bench-topics"], env, cores } = {}) {
  const dir = data ?? folder();
  const store = join(dir, "muster");
  rmSync(join(store, "server.json"), { force: true });
  const server = await start(musterBinary, ["serve", "--listen", "127.0.0.1:0", "--data", store, ...flags], { env, cores });
  await until("muster", () => {
    if (server.over()) throw new Error(`muster ended at once: ${server.log()}`);
    return existsSync(join(store, "server.json"));
  });
  const { url } = JSON.parse(readFileSync(join(store, "server.json"), "utf8"));
  const token = readFileSync(join(store, "token"), "utf8").trim();
  const made = { ...server, dir, url, token, port: Number(new URL(url).port) };
  return {
    ...made,
    flags: ["--header", `Authorization: Bearer ${token}`, "--topic", "bench:%d",
      "--pub-frame", '[null,null,"%t","publish",%P]'],
    stop: data ? server.stop : withFolder(made, dir).stop,
  };
}

let nextPort = 4850 + (process.pid % 40);
const freePort = () => (nextPort = nextPort < 4990 ? nextPort + 1 : 4850);
const phoenix = (command, ...args) => async () => {
  const port = freePort();
  return { ...(await start(command, args.map((arg) => (arg === "PORT" ? String(port) : arg)), { port })), flags: [] };
};

/** name → { title, start, rows that make no sense for it }. The order is that of the tables. */
export const servers = {
  floor: { title: "floor (coalescing)", start: phoenix(join(bench, "floor"), "--k", "0", "--port", "PORT") },
  muster: { title: "**muster**", start: () => startMuster() },
  bun: { title: "Bun (uWebSockets inside)", start: phoenix(join(peers, "node_modules/.bin/bun"), join(peers, "bun.mjs"), "PORT") },
  ws: { title: "ws, pre-framed", start: phoenix("node", join(peers, "ws.mjs"), "PORT") },
  fastify: { title: "Fastify + @fastify/websocket", start: phoenix("node", join(peers, "fastify.mjs"), "PORT", ":memory:") },
  nchan: {
    title: "nginx + nchan",
    without: ["heartbeat", "churn", "joins"],
    async start() {
      const [port, dir] = [freePort(), folder()];
      writeFileSync(join(dir, "nginx.conf"), fill("nginx.conf", { DIR: dir, PORT: port }));
      mkdirSync(join(dir, "body"));
      const server = await start("/usr/sbin/nginx", ["-p", dir, "-e", join(dir, "error.log"), "-c", join(dir, "nginx.conf")], { port });
      return withFolder({
        ...server,
        flags: ["--path", "/sub/%t", "--join", "none", "--join-reply", "none", "--pub", "http", "--pub-conns", "1",
          "--pub-path", "/pub/%t", "--pub-body", '[null,null,"%t","session_updated",%P]'],
      }, dir);
    },
  },
  mosquitto: {
    title: "mosquitto (MQTT)",
    without: ["heartbeat", "churn"],
    async start() {
      const [port, dir] = [freePort(), folder()];
      writeFileSync(join(dir, "mosquitto.conf"), fill("mosquitto.conf", { PORT: port }));
      const server = await start("/usr/sbin/mosquitto", ["-c", join(dir, "mosquitto.conf")], { port });
      return withFolder({ ...server, flags: ["--proto", "mqtt", "--path", "/mqtt"] }, dir);
    },
  },
};

/** Runs wsload on core 1; resolves with what it says. */
export function wsload(server, args) {
  const all = ["-c", "1", join(bench, "wsload"), "--json", "--quiet", "--port", server.port, "--server-pid", server.pid, ...server.flags, ...args];
  return new Promise((resolve, reject) => {
    const child = track(spawn("taskset", all.map(String), { stdio: ["ignore", "pipe", "pipe"] }));
    let [out, log] = ["", ""];
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (log += data));
    child.on("close", (code) => {
      try {
        resolve(JSON.parse(out));
      } catch {
        reject(new Error(`wsload ended with ${code}: ${log || out}`));
      }
    });
  });
}

export function machine() {
  const cpu = /^model name\s*: (.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "unknown";
  const say = (command, ...args) => execFileSync(command, args, { cwd: root, encoding: "utf8" }).trim();
  return { cpu, cores: cpus().length, kernel: say("uname", "-r"), node: process.version, commit: say("git", "rev-parse", "--short", "HEAD") };
}

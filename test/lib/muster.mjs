/**
 * The real program under test, on a free port of the loopback address and a data folder of its own.
 *
 *     const muster = await startMuster(t, { model });
 *     const { status, body } = await muster.api("POST", "/api/projects", { path: muster.project });
 *
 * The environment is clean, with a home and a temporary folder of its own. When the test ends, the
 * server is stopped, every process it left is killed by its id, the folders are removed, and the
 * test fails where a sanitizer has said something, in the server or in a holder.
 */
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentBinDir, agentSetup } from "./agent-setup.mjs";
import { http } from "./http.mjs";
import { musterBin } from "./paths.mjs";
import { MARK, killMarked, markedProcesses } from "./processes.mjs";
import { Feed, within } from "./wait.mjs";

const START_MS = 20_000;
const STOP_MS = 15_000;
const DRAIN_MS = 200;
const LAST_WORDS = 4000;
const SANITIZER = /(Address|Leak|UndefinedBehavior|Thread)Sanitizer|runtime error:/;

/**
 * @typedef {object} MusterOptions
 * @property {string[]} [args]  further flags of `muster serve`
 * @property {Record<string, string>} [env]  added to the clean environment
 * @property {import("./model-server.mjs").ModelServer} [model]  puts the real agents in PATH and
 *   points those of `agents` at this model server
 * @property {string[]} [agents]  default ["claude"]
 * @property {boolean} [key]  false: the agents have no key for the model's API
 * @property {string[]} [path]  folders to put first in PATH
 * @property {string} [listen]  default "127.0.0.1:0"
 * @property {string} [tmpfs]  size of a file system of its own for the data, "8m"; see canMount
 */

/** Servers that run now: a test process that ends before it stopped one takes it along. */
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/**
 * Starts a server and stops it when the test ends.
 * @param {import("node:test").TestContext | null} t
 * @param {MusterOptions} [options]
 */
export async function startMuster(t, options = {}) {
  const muster = new Muster(options);
  t?.after(() => muster.dispose());
  await muster.start();
  return muster;
}

/**
 * Runs `muster ARGS` to its end, in the same clean environment.
 * @param {string[]} args
 */
export function runMuster(args, { env = {}, input = "", ms = 20_000 } = {}) {
  requireBinary();
  const home = mkdtempSync(join(tmpdir(), "muster-cli-"));
  const all = { ...cleanEnv(home), ...env };
  try {
    const options = { env: all, cwd: home, input, encoding: "utf8", timeout: ms, killSignal: "SIGKILL" };
    const { status, signal, stdout, stderr } = spawnSync(musterBin, args, options);
    return { status, signal, stdout, stderr };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Whether this user may mount file systems of its own, in a namespace. */
export function canMount() {
  return spawnSync("unshare", ["--user", "--map-root-user", "--mount", "true"]).status === 0;
}

export class Muster {
  /** The program's log: one object a line of stderr; a line that is no JSON is {text}. */
  log = new Feed();
  /** @type {import("node:child_process").ChildProcess | null} */
  child = null;
  url = "";
  port = 0;
  #mark = randomUUID();
  #options;
  #exited = null;
  #streams = [];
  #disposed = false;
  #logFrom = 0;
  #agentEnv;

  /** @param {MusterOptions} options */
  constructor(options) {
    this.#options = options;
    this.dir = mkdtempSync(join(tmpdir(), "muster-test-"));
    this.dataDir = join(this.dir, "data");
    /** A folder to make a project of. */
    this.project = join(this.dir, "project");
    this.home = join(this.dir, "home");
    for (const folder of [this.project, this.home, this.#sanitizerDir, this.#tmp]) {
      mkdirSync(folder, { recursive: true });
    }
    const { model, agents = ["claude"], key } = options;
    const setups = model ? agents.map((name) => agentSetup(name, { model, home: this.home, key })) : [];
    this.#agentEnv = Object.assign({}, ...setups.map(({ env }) => env));
  }

  get pid() {
    return this.child?.pid;
  }

  /** The owner's token. */
  get token() {
    return readFileSync(join(this.dataFolder, "token"), "utf8").trim();
  }

  /** The data folder as the test sees it: a mount of the server's own is looked at through it. */
  get dataFolder() {
    return this.#options.tmpfs ? `/proc/${this.pid}/root${this.dataDir}` : this.dataDir;
  }

  /** What the processes of this server run with. */
  get env() {
    const { model, path = [], env = {} } = this.#options;
    const folders = [...path, ...(model ? [agentBinDir] : []), process.env.PATH];
    return {
      ...cleanEnv(this.home),
      PATH: folders.join(":"),
      TMPDIR: this.#tmp,
      ASAN_OPTIONS: `detect_leaks=1:quarantine_size_mb=8:log_path=${this.#sanitizerDir}/report`,
      UBSAN_OPTIONS: `halt_on_error=1:print_stacktrace=1:log_path=${this.#sanitizerDir}/report`,
      [MARK]: this.#mark,
      ...this.#agentEnv,
      ...env,
    };
  }

  /** Starts the server and waits until it listens; on the port it had, if it ran before. */
  async start({ listen } = {}) {
    requireBinary();
    const address = listen ?? (this.port ? `127.0.0.1:${this.port}` : this.#options.listen) ?? "127.0.0.1:0";
    const { args = [] } = this.#options;
    const argv = ["serve", "--listen", address, "--data", this.dataDir, "--log-json", ...args];
    this.#logFrom = this.log.items.length;
    const [program, ...before] = this.#command();
    const child = spawn(program, [...before, ...argv], { cwd: this.dir, env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    this.#streams.push(child.stdout, child.stderr);
    this.stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (this.stdout += text));
    onLines(child.stderr, (line) => this.log.add(parseLine(line)));
    this.#exited = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => {
        // Holders may keep stderr open: the end of the stream is not waited for.
        const drained = setTimeout(() => resolve({ code, signal }), DRAIN_MS);
        child.once("close", () => {
          clearTimeout(drained);
          resolve({ code, signal });
        });
      });
    });
    const ended = this.#exited.then(({ code, signal }) => {
      throw new Error(`muster ended with ${signal ?? code} before it listened:\n${this.logText()}`);
    });
    const listening = this.log.find((line) => line.event === "listening", {
      what: "muster to listen",
      ms: START_MS,
      from: this.#logFrom,
    });
    this.#readAddress(await Promise.race([listening, ended]));
  }

  /** Stops the server as an operator would. Agents and their holders stay as they are. */
  async stop(signal = "SIGTERM") {
    if (this.child === null) return null;
    this.child.kill(signal);
    const ended = await within(this.#exited, `muster to end after ${signal}`, STOP_MS).catch((error) => {
      this.child.kill("SIGKILL");
      throw new Error(`${error.message}\n${this.logText()}`);
    });
    this.child = null;
    this.assertClean();
    if (signal === "SIGTERM" && ended.code !== 0) {
      throw new Error(`muster ended with ${ended.signal ?? ended.code}, not 0:\n${this.logText()}`);
    }
    return ended;
  }

  /** Kills the server outright. Agents and their holders stay as they are. */
  kill9() {
    return this.stop("SIGKILL");
  }

  /** Stops the server and starts it again on the same port and data. */
  async restart({ signal = "SIGTERM" } = {}) {
    await this.stop(signal);
    await this.start();
  }

  /** Resolves with {code, signal} when the server ends by itself. */
  exited(ms = STOP_MS) {
    return within(this.#exited, "muster to end by itself", ms).then((ended) => {
      this.child = null;
      return ended;
    });
  }

  /**
   * A request with the owner's token.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {Record<string, string>} [headers]
   */
  api(method, path, body, headers = {}) {
    const authorization = `Bearer ${this.token}`;
    return http(this.url, { method, path, body, headers: { authorization, ...headers } });
  }

  /** Like api, but throws where the answer is no success, and returns the body alone. */
  async ok(method, path, body) {
    const answer = await this.api(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text}`);
  }

  /** A project in this.project with one session of the agent. */
  async newSession(agent = "shell", { name, projectId, options } = {}) {
    const project = projectId ?? (await this.ok("POST", "/api/projects", { path: this.project })).id;
    const body = { agent, ...(name && { name }), ...(options && { options }) };
    const session = await this.ok("POST", `/api/projects/${project}/sessions`, body);
    return { projectId: project, sessionId: session.id, session };
  }

  /** Waits for a line of the log that came since the last start. */
  waitLog(predicate, what = "a line of the log", ms) {
    const wanted = typeof predicate === "string" ? (line) => line.event === predicate : predicate;
    return this.log.find(wanted, { what, ms, from: this.#logFrom });
  }

  /** Bytes of the server's memory that are in RAM now. */
  residentBytes() {
    const status = readFileSync(`/proc/${this.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)[1]) * 1024;
  }

  logText() {
    return this.log.items.map((line) => line.text ?? JSON.stringify(line)).join("\n");
  }

  /** A fresh one-time link to log in with, as `muster login-url` prints it. */
  loginUrl() {
    const { status, stdout, stderr } = runMuster(["login-url", "--data", this.dataDir]);
    const link = /https?:\/\/\S+/.exec(stdout);
    if (status === 0 && link) return link[0];
    throw new Error(`muster login-url ended with ${status}: ${stdout}${stderr}`);
  }

  /** The processes that this server has started, itself included, as far as they live. */
  processes() {
    return markedProcesses(this.#mark, this.dir);
  }

  /** Of those, the holders. */
  holders() {
    return this.processes().filter(({ pid, command }) => command === "muster" && pid !== this.pid);
  }

  /** Of those, the agents: what the holders have started, each the leader of its group. */
  agents() {
    const holders = new Set(this.holders().map(({ pid }) => pid));
    return this.processes().filter(
      ({ ppid, command }) => holders.has(ppid) && command !== "muster",
    );
  }

  /** Throws where the server has ended by itself, with its last words. */
  assertRuns() {
    const { exitCode, signalCode } = this.child;
    if (exitCode === null && signalCode === null) return;
    this.assertClean();
    throw new Error(`muster ended with ${signalCode ?? exitCode}:\n${this.logText().slice(-LAST_WORDS)}`);
  }

  /** Throws where a sanitizer has said something. */
  assertClean() {
    const reports = readdirSync(this.#sanitizerDir).map((name) =>
      readFileSync(join(this.#sanitizerDir, name), "utf8"),
    );
    const lines = this.log.items.filter((line) => SANITIZER.test(line.text ?? ""));
    const said = [...reports, ...lines.map((line) => line.text)].join("\n");
    if (said !== "") throw new Error(`a sanitizer found a mistake:\n${said}`);
  }

  /** Stops everything and removes the folders. */
  async dispose() {
    if (this.#disposed) return;
    this.#disposed = true;
    try {
      await this.stop();
    } finally {
      await killMarked(this.#mark, this.dir);
      this.#removeCgroups();
      for (const stream of this.#streams) stream.destroy();
      this.child = null;
      try {
        this.assertClean();
      } finally {
        rmSync(this.dir, { recursive: true, force: true });
      }
    }
  }

  /** The cgroups of runs whose holders were just killed: nobody else takes them away. */
  #removeCgroups() {
    const runs = join(this.dataDir, "runs");
    for (const run of existsSync(runs) ? readdirSync(runs) : []) {
      const file = join(runs, run, "cgroup");
      try {
        rmdirSync(readFileSync(file, "utf8"));
      } catch (error) {
        if (!["ENOENT", "EBUSY"].includes(error.code)) throw error;
      }
    }
  }

  /** The program and what stands before its own arguments. */
  #command() {
    const { tmpfs } = this.#options;
    if (!tmpfs) return [musterBin];
    mkdirSync(this.dataDir, { recursive: true });
    const mount = `mount -t tmpfs -o size=${tmpfs} tmpfs ${this.dataDir} && exec "$@"`;
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", musterBin];
  }

  get #sanitizerDir() {
    return join(this.dir, "sanitizer");
  }

  get #tmp() {
    return join(this.dir, "tmp");
  }

  #readAddress(line) {
    this.port = Number(line.port ?? new URL(line.url).port);
    this.url = `http://127.0.0.1:${this.port}`;
  }
}

function requireBinary() {
  if (!existsSync(musterBin)) throw new Error(`${musterBin} is missing: run ./dev test, which builds it`);
}

function cleanEnv(home) {
  return {
    HOME: home,
    PATH: process.env.PATH,
    LANG: "C.UTF-8",
    SHELL: "/bin/sh",
    ASAN_OPTIONS: "detect_leaks=1",
    UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
  };
}

function onLines(stream, onLine) {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    lines.forEach(onLine);
  });
  stream.on("end", () => rest !== "" && onLine(rest));
}

function parseLine(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { text: line };
  }
}

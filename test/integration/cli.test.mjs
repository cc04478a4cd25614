/**
 * The command line: what it says where it refuses, that it damages nothing then, and how it starts
 * and stops. 73 and 74 are statements of the protocol notes.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { http } from "../lib/http.mjs";
import { runMuster, startMuster } from "../lib/muster.mjs";
import { musterBin } from "../lib/paths.mjs";
import { connect, versions } from "../lib/phoenix.mjs";
import { isAlive, kill } from "../lib/processes.mjs";
import { openRaw, openWebSocket } from "../lib/raw.mjs";
import { after, before, test } from "../lib/test.mjs";
import { poll, within } from "../lib/wait.mjs";

const SCHEMA_VERSION_AT = 60;
const APPLICATION_ID_AT = 68;
let made;

before(async () => {
  // A data directory as a server leaves it, for tests to copy.
  made = mkdtempSync(join(tmpdir(), "muster-cli-data-"));
  const server = await startMuster(null);
  await server.newSession("shell");
  await server.stop();
  cpSync(server.dataDir, join(made, "data"), { recursive: true });
  await server.dispose();
});
after(() => rmSync(made, { recursive: true, force: true }));

function folder(t) {
  const dir = mkdtempSync(join(tmpdir(), "muster-cli-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A copy of the data of a server that has stopped. */
function usedData(t) {
  const data = join(folder(t), "data");
  cpSync(join(made, "data"), data, { recursive: true });
  return data;
}

/** What a folder holds: kinds, modes and contents. */
function contents(path) {
  const one = (name) => {
    const full = join(path, name);
    const stat = lstatSync(full);
    const bytes = stat.isFile() ? createHash("sha256").update(readFileSync(full)).digest("hex") : "";
    return `${name} ${stat.mode.toString(8)} ${stat.size} ${bytes}`;
  };
  const names = lstatSync(path).isDirectory() ? readdirSync(path, { recursive: true }) : [""];
  return names
    .sort()
    .filter((name) => lstatSync(join(path, name)).isFile() || name === "")
    .map(one);
}

const serve = (data, ...more) => runMuster(["serve", "--listen", "127.0.0.1:0", "--data", data, ...more]);

/** One clear sentence on stderr, nothing on stdout, and a status that says no. */
function assertRefused({ status, signal, stdout, stderr }, ...patterns) {
  assert.equal(signal, null);
  assert.ok(status > 0, `exit status ${status}`);
  assert.equal(stdout, "");
  for (const pattern of patterns) assert.match(stderr, pattern);
  const lines = stderr.trimEnd().split("\n");
  assert.equal(lines.length, 1, stderr);
  assert.match(lines[0], /^muster.*: .+\.$/);
}

/* ---- words and flags ---- */

test("--version prints the version", () => {
  for (const word of ["--version", "version"]) {
    const { status, stdout, stderr } = runMuster([word]);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, /^muster \d+\.\d+\.\d+\n$/);
  }
});

test("--help prints the commands, and a command's --help its options", () => {
  for (const args of [
    ["--help"],
    ["-h"],
    ["help"],
    ["serve", "--help"],
    ["login-url", "-h"],
    ["serve", "--listen", "x", "--help"],
  ]) {
    const { status, stdout, stderr } = runMuster(args);
    assert.deepEqual([status, stderr], [0, ""], args.join(" "));
    assert.match(stdout, /Usage: muster/);
    for (const line of stdout.split("\n")) assert.ok(line.length <= 100, line);
  }
  const { stdout } = runMuster(["serve", "--help"]);
  for (const flag of [
    "--listen",
    "--data",
    "--allow-remote",
    "--allow-host",
    "--log-json",
    "--log-level",
    "--bench-topics",
  ]) {
    assert.ok(stdout.includes(flag), flag);
  }
  assert.doesNotMatch(runMuster(["--help"]).stdout, /\bhold\b/, "what the server alone uses");
});

test("no command at all prints the help on stderr, and is an error", () => {
  const { status, stdout, stderr } = runMuster([]);
  assert.ok(status > 0);
  assert.equal(stdout, "");
  assert.match(stderr, /Usage: muster/);
});

for (const [name, args, ...patterns] of [
  ["an unknown command", ["swerve"], /"swerve"/, /--help/],
  ["an unknown flag", ["serve", "--port", "80"], /--port/, /serve --help/],
  ["an unknown flag before the command", ["--data", "x", "serve"], /--data/],
  ["a word that is no flag", ["serve", "extra"], /extra/],
  ["a flag without its value", ["serve", "--listen"], /--listen/, /missing/],
  ["a flag that takes no value", ["serve", "--log-json=yes"], /--log-json/],
  ["an unknown log level", ["serve", "--log-level", "loud"], /loud/, /debug/],
  ["an address without a port", ["serve", "--listen", "127.0.0.1"], /127\.0\.0\.1 /, /port/],
  ["an address that is a name", ["serve", "--listen", "example.org:80"], /example\.org:80/],
  ["a port that is too large", ["serve", "--listen", "127.0.0.1:65536"], /65536/],
  ["an empty address", ["serve", "--listen", ""], /--listen/],
  ["an unknown flag of login-url", ["login-url", "--quick"], /--quick/],
]) {
  test(`${name} is refused with a sentence`, () => {
    assertRefused(runMuster(args), ...patterns);
  });
}

test("without HOME and without --data it says what is missing", () => {
  const result = runMuster(["serve"], { env: { HOME: "", XDG_DATA_HOME: "" } });
  assertRefused(result, /--data/, /HOME/);
});

/* ---- addresses ---- */

test("a busy port is refused by name, and the data directory is left as good as it was", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  t.after(() => other.close());
  await once(other, "listening");
  const address = `127.0.0.1:${other.address().port}`;
  const data = usedData(t);
  assertRefused(runMuster(["serve", "--listen", address, "--data", data]), new RegExp(address), /in use/);
  await startsOn(t, data);
});

/* ---- data directories ---- */

/** A server starts on this directory, and shows the session that was there. */
async function startsOn(t, data) {
  const server = await startMuster(t);
  await server.stop();
  rmSync(server.dataDir, { recursive: true });
  cpSync(data, server.dataDir, { recursive: true });
  await server.start();
  const { projects } = await server.ok("GET", "/api/projects");
  assert.equal(projects[0].sessions.length, 1);
}

/**
 * The command is refused and the directory is byte for byte what it was, but for the lock and for
 * what SQLite puts beside a database that it opens: an empty log and the index of it.
 */
function assertRefusedUntouched(data, ...patterns) {
  const before = contents(data);
  assertRefused(serve(data), ...patterns, new RegExp(data));
  const ours = (line) => !/^(lock |muster\.db-wal \d+ 0 |muster\.db-shm )/.test(line);
  assert.deepEqual(contents(data).filter(ours), before.filter(ours));
}

test("a data directory that is a file is refused", (t) => {
  const data = join(folder(t), "file");
  writeFileSync(data, "somebody's");
  assertRefusedUntouched(data, /not a directory/i);
});

test("a data directory below a file is refused", (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, "file"), "somebody's");
  assertRefused(serve(join(dir, "file", "data")), /data/);
  assert.equal(readFileSync(join(dir, "file"), "utf8"), "somebody's");
});

test("a directory that cannot be written is refused", (t) => {
  const dir = folder(t);
  const data = process.getuid() === 0 ? "/proc/self/muster-data" : join(dir, "data");
  if (process.getuid() !== 0) mkdirSync(data, { mode: 0o500 });
  assertRefused(serve(data), new RegExp(data));
});

test("a directory with files that are not muster's is refused and not touched", (t) => {
  const data = join(folder(t), "data");
  mkdirSync(join(data, "photos"), { recursive: true });
  writeFileSync(join(data, "notes.txt"), "somebody's");
  assertRefusedUntouched(data, /not muster's/);
  assert.deepEqual(readdirSync(data).sort(), ["notes.txt", "photos"]);
});

function poke(path, at, number) {
  const bytes = readFileSync(path);
  bytes.writeUInt32BE(number, at);
  writeFileSync(path, bytes);
}

test("a database of a newer muster is refused and not touched", (t) => {
  const data = usedData(t);
  poke(join(data, "muster.db"), SCHEMA_VERSION_AT, 4711);
  assertRefusedUntouched(data, /newer muster/, /4711/);
});

test("a database of another program is refused and not touched", (t) => {
  const data = usedData(t);
  poke(join(data, "muster.db"), APPLICATION_ID_AT, 0x12345678);
  assertRefusedUntouched(data, /another program/);
});

for (const [name, spoil] of [
  ["that is garbage", (path) => writeFileSync(path, Buffer.alloc(8192, "garbage "))],
  ["that is a text", (path) => writeFileSync(path, "hello")],
  ["cut off in its header", (path) => truncateSync(path, 50)],
  ["cut off in its middle", (path) => truncateSync(path, 4096 * 3)],
  [
    "with pages that were overwritten",
    (path) => {
      const bytes = readFileSync(path);
      bytes.fill(0x5a, 4096, 4096 * 5);
      writeFileSync(path, bytes);
    },
  ],
]) {
  test(`a database ${name} is refused and not touched`, (t) => {
    const data = usedData(t);
    spoil(join(data, "muster.db"));
    rmSync(join(data, "muster.db-wal"), { force: true });
    rmSync(join(data, "muster.db-shm"), { force: true });
    assertRefusedUntouched(data, /damaged/, /backup/);
  });
}

test("a token that is too short is refused", (t) => {
  const data = usedData(t);
  writeFileSync(join(data, "token"), "short\n");
  assertRefused(serve(data), /token/);
});

test("a second server on the same data is refused by name and pid, and harms nothing", async (t) => {
  const server = await startMuster(t);
  const { sessionId } = await server.newSession("shell");
  for (let n = 0; n < 3; n += 1) {
    assertRefused(
      serve(server.dataDir),
      new RegExp(`muster \\(pid ${server.pid}\\)`),
      new RegExp(server.dataDir),
    );
  }
  assert.equal((await server.ok("GET", `/api/sessions/${sessionId}`)).id, sessionId);
  await server.restart({ signal: "SIGKILL" });
  assert.equal((await server.ok("GET", `/api/sessions/${sessionId}`)).id, sessionId);
});

test("a directory that is not there is made, with its parents, for its owner alone", async (t) => {
  const dir = folder(t);
  const child = spawn(musterBin, ["serve", "--listen", "127.0.0.1:0"], {
    env: { PATH: process.env.PATH, HOME: dir, XDG_DATA_HOME: join(dir, "a", "b") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  await within(once(child.stderr, "data"), "the log");
  await poll(() => existsSync(join(dir, "a/b/muster/server.json")), "the server's file");
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  for (const name of ["a", "a/b", "a/b/muster"]) {
    assert.equal(lstatSync(join(dir, name)).mode & 0o777, 0o700, name);
  }
});

test("login-url on a directory that no server has used says so", (t) => {
  const dir = folder(t);
  const result = runMuster(["login-url", "--data", dir]);
  assertRefused(result, new RegExp(dir), /muster serve/);
  assert.deepEqual(readdirSync(dir), []);
});

test("login-url prints one link and nothing else", async (t) => {
  const server = await startMuster(t);
  const { status, stdout, stderr } = runMuster(["login-url", "--data", server.dataDir]);
  assert.deepEqual([status, stderr], [0, ""]);
  assert.match(stdout, new RegExp(`^http://127\\.0\\.0\\.1:${server.port}/login\\?code=\\S+\\n$`));
});

test("the first start prints a link that signs in, on stdout and not in the log", async (t) => {
  const server = await startMuster(t);
  await poll(() => /login\?code=\S+\s/.test(server.stdout), "the link on stdout");
  const [link] = /http:\S+/.exec(server.stdout);
  assert.ok(!server.logText().includes("code="));
  assert.equal((await http(server.url, { path: link.slice(server.url.length) })).status, 303);
  await server.restart();
  assert.equal(server.stdout, "", "a later start has no terminal to print to");
});

/* ---- start and stop ---- */

test("the log is JSON with --log-json, and one line of text an event without", async (t) => {
  const server = await startMuster(t);
  await server.stop();
  for (const line of server.log.items) {
    assert.deepEqual(Object.keys(line).slice(0, 3), ["time", "level", "event"], JSON.stringify(line));
  }
  const data = usedData(t);
  const child = spawn(musterBin, ["serve", "--listen", "127.0.0.1:0", "--data", data], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  await poll(() => text.includes("listening"), "the log");
  child.kill("SIGTERM");
  await once(child, "close");
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^\d{4}-\d\d-\d\dT\S+Z (debug|info|warn|error) +\w+( \w+=("[^\n]*"|\S+))*$/);
  }
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  test(`73, 74: ${signal} closes WebSockets with 1012, answers what was asked, and ends with 0`, async (t) => {
    const server = await startMuster(t, { args: ["--bench-topics"] });
    const sockets = [];
    for (let n = 0; n < 50; n += 1) {
      const ws = await openWebSocket(t, server.port, { token: server.token });
      await ws.call("bench:73", "phx_join");
      sockets.push(ws);
    }
    const idle = await openRaw(t, server.port);
    const pending = sockets[0].call("bench:73", "last", {}, "raw1");
    const ended = await server.stop(signal);
    assert.deepEqual(ended, { code: 0, signal: null });
    assert.deepEqual(await pending, { status: "ok", response: {} });
    for (const ws of sockets) assert.equal((await ws.closeFrame()).code, 1012);
    await idle.ended();
    assert.ok(server.log.items.some(({ event }) => event === "stopping"));
  });
}

for (const version of versions) {
  test(`73: client ${version} comes back by itself after a restart`, async (t) => {
    const server = await startMuster(t, { args: ["--bench-topics"] });
    const client = connect(t, server, { version });
    const channel = client.channel("bench:73");
    await channel.joined();
    await client.opened();
    await server.restart();
    assert.equal((await client.closed()).code, 1012);
    await client.opened();
    await poll(() => channel.channel.state === "joined", "the channel to join again");
    await channel.push("hello");
    await channel.next("hello");
  });
}

test("a signal while it starts ends it cleanly, whenever it comes", async (t) => {
  const dir = folder(t);
  for (const ms of [0, 2, 5, 10, 20, 40, 60, 80, 120, 160]) {
    const data = join(dir, `data-${ms}`);
    const child = spawn(musterBin, ["serve", "--listen", "127.0.0.1:0", "--data", data], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.setEncoding("utf8").on("data", (chunk) => (text += chunk));
    const closed = once(child, "close");
    await new Promise((resolve) => setTimeout(resolve, ms));
    child.kill("SIGTERM");
    const [code, signal] = await within(closed, "muster to end", 10_000);
    assert.ok(code === 0 || signal === "SIGTERM", `${code} ${signal} after ${ms} ms: ${text}`);
    assert.doesNotMatch(text, /Sanitizer|runtime error/);
    const again = spawn(musterBin, ["serve", "--listen", "127.0.0.1:0", "--data", data], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    text = "";
    again.stderr.setEncoding("utf8").on("data", (chunk) => (text += chunk));
    const over = once(again, "close");
    await poll(() => text.includes("listening") || again.exitCode !== null, "a start after it");
    assert.match(text, /listening/);
    again.kill("SIGTERM");
    await over;
  }
});

test("many signals are as good as one, up to its very end", async (t) => {
  const server = await startMuster(t);
  const { pid } = server;
  let ended = false;
  const exited = server.exited().finally(() => (ended = true));
  for (let n = 0; !ended; n += 1) {
    kill(pid, n % 2 === 0 ? "SIGTERM" : "SIGINT");
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(await exited, { code: 0, signal: null });
  assert.ok(!isAlive(pid));
});

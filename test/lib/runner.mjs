/** Runs the commands of one suite, each in its own process group and within a time limit. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseTap } from "./tap.mjs";
import { logDir } from "./paths.mjs";

const OUTPUT_LIMIT = 64 * 1024 * 1024;
const SHOWN_LIMIT = 12_000;
const KILL_AFTER_MS = 5_000;

/**
 * @typedef {object} Command
 * @property {string} name
 * @property {string[]} argv
 * @property {string} [cwd]
 * @property {Record<string, string>} [env]  added to this process's environment
 * @property {"tap" | "exit"} kind  counts TAP results, or the exit status as one test
 * @property {string} [tapFile]  where it writes its TAP, if not on stdout
 */
/**
 * @typedef {object} Suite
 * @property {() => Command[]} commands  called when the suite starts
 * @property {number} limitSeconds  for the whole suite
 */

const running = new Set();

/** Ends every command that still runs, with all that it started in its group. */
export function stopAll(signal = "SIGKILL") {
  for (const child of running) signalGroup(child, signal);
}

/**
 * @param {string} name
 * @param {Suite} suite
 */
export async function runSuite(name, suite) {
  const started = Date.now();
  const deadline = started + suite.limitSeconds * 1000;
  const total = { name, passed: 0, skipped: 0, failures: [], seconds: 0 };
  for (const command of commandsOf(name, suite, total)) {
    const ran = await run(command, deadline - Date.now());
    writeLog(name, command, ran);
    const counted = ran.error === null ? count(command, ran, suite) : startFailure(command, ran);
    total.passed += counted.passed;
    total.skipped += counted.skipped;
    total.failures.push(...counted.failures);
  }
  total.seconds = (Date.now() - started) / 1000;
  return total;
}

function commandsOf(name, suite, total) {
  try {
    const commands = suite.commands();
    if (commands.length > 0) return commands;
    total.failures.push({ name: "no tests", detail: `The suite ${name} found no tests to run.` });
  } catch (error) {
    total.failures.push({ name: "cannot start", detail: error.message });
  }
  return [];
}

function run(command, msLeft) {
  return new Promise((resolve) => {
    const { argv, cwd, env } = command;
    const out = { stdout: "", stderr: "", code: null, signal: null, timedOut: false, error: null };
    if (msLeft <= 0) return resolve({ ...out, timedOut: true });
    if (command.tapFile !== undefined) rmSync(command.tapFile, { force: true });
    mkdirSync(logDir, { recursive: true });
    const options = { cwd, env: { ...process.env, ...env }, detached: true };
    const child = spawn(argv[0], argv.slice(1), { ...options, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    const timers = [setTimeout(late, msLeft), setTimeout(kill, msLeft + KILL_AFTER_MS)];
    function late() {
      out.timedOut = true;
      signalGroup(child, "SIGTERM");
    }
    function kill() {
      signalGroup(child, "SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
    }
    function finish(result) {
      timers.forEach(clearTimeout);
      running.delete(child);
      resolve({ ...out, ...result });
    }
    for (const stream of ["stdout", "stderr"]) {
      child[stream].setEncoding("utf8").on("data", (text) => {
        if (out[stream].length < OUTPUT_LIMIT) out[stream] += text;
      });
    }
    child.once("error", (error) => finish({ error }));
    child.once("exit", () => setTimeout(kill, KILL_AFTER_MS).unref());
    child.once("close", (code, signal) => finish({ code, signal }));
  });
}

function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

function startFailure(command, ran) {
  const detail = `${command.argv[0]} cannot be started: ${ran.error.message}`;
  return { passed: 0, skipped: 0, failures: [{ name: command.name, detail }] };
}

function count(command, ran, suite) {
  const counted = { passed: 0, skipped: 0, failures: [] };
  const clean = ran.code === 0 && !ran.timedOut;
  if (command.kind === "tap") Object.assign(counted, parseTap(readTap(command, ran)));
  else if (clean) counted.passed = 1;
  const silent = clean && counted.passed + counted.skipped + counted.failures.length === 0;
  const crashed = !clean && (counted.failures.length === 0 || ran.timedOut || ran.signal !== null);
  if (silent || crashed) {
    const why = silent ? "printed no test result" : ending(ran, suite);
    counted.failures.push({ name: `${command.name} ${why}`, detail: tail(ran) });
  } else if (counted.failures.length > 0 && ran.stderr.trim() !== "") {
    const last = counted.failures.at(-1);
    last.detail += `\n(stderr of ${command.name})\n${ran.stderr.slice(-SHOWN_LIMIT / 3)}`;
  }
  return counted;
}

function readTap(command, ran) {
  if (command.tapFile === undefined) return ran.stdout;
  return existsSync(command.tapFile) ? readFileSync(command.tapFile, "utf8") : "";
}

function ending(ran, suite) {
  if (ran.timedOut) return `was stopped: the suite's limit is ${suite.limitSeconds} s`;
  if (ran.signal !== null) return `was ended by ${ran.signal}`;
  return `ended with exit status ${ran.code}`;
}

function tail(ran) {
  const shown = (text) => (text.length > SHOWN_LIMIT ? `…${text.slice(-SHOWN_LIMIT)}` : text);
  const parts = [shown(ran.stdout).trim(), shown(ran.stderr).trim()].filter(Boolean);
  return parts.join("\n(stderr)\n") || "It printed nothing.";
}

function writeLog(name, command, ran) {
  const file = `${name}-${command.name}`.replace(/[^A-Za-z0-9._-]+/g, "-");
  const ended = `exit status ${ran.code}, signal ${ran.signal}${ran.timedOut ? ", timed out" : ""}`;
  const text = `${command.argv.join(" ")}\n${ran.stdout}\n(stderr)\n${ran.stderr}\n(${ended})\n`;
  writeFileSync(`${logDir}/${file}.log`, text);
}

/** The processes that a test has started, found in /proc by a mark in their environment. */
import { readdirSync, readFileSync } from "node:fs";
import { poll } from "./wait.mjs";

export const MARK = "MUSTER_TEST_MARK";

/** @typedef {{pid: number, ppid: number, pgid: number, state: string, command: string}} Process */

/**
 * Those that bear the mark, or name the folder in their arguments, or descend from one that does.
 * Zombies are left out.
 * @returns {Process[]}
 */
export function markedProcesses(mark, folder) {
  const all = allProcesses();
  const ours = new Set();
  for (const process of all) if (isMarked(process.pid, mark, folder)) ours.add(process.pid);
  for (let grew = true; grew; ) {
    const before = ours.size;
    for (const { pid, ppid } of all) if (ours.has(ppid)) ours.add(pid);
    grew = ours.size > before;
  }
  ours.delete(process.pid);
  return all.filter(({ pid, state }) => ours.has(pid) && state !== "Z");
}

/** Kills them one by one, by their ids, and waits until they are gone. */
export async function killMarked(mark, folder) {
  const gone = () => {
    const left = markedProcesses(mark, folder);
    for (const { pid } of left) kill(pid, "SIGKILL");
    return left.length === 0;
  };
  await poll(gone, "the processes that a test left to end");
}

export function isAlive(pid) {
  const process = readStat(pid);
  return process !== null && process.state !== "Z";
}

export function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** @returns {Process[]} */
export function allProcesses() {
  const pids = readable(() => readdirSync("/proc")) ?? [];
  return pids.filter((name) => /^\d+$/.test(name)).map((pid) => readStat(Number(pid))).filter(Boolean);
}

function isMarked(pid, mark, folder) {
  const environ = readable(() => readFileSync(`/proc/${pid}/environ`, "utf8"));
  if (environ?.split("\0").includes(`${MARK}=${mark}`)) return true;
  const command = readable(() => readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  return command?.split("\0").some((word) => word.includes(folder)) ?? false;
}

function readStat(pid) {
  const stat = readable(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat === null) return null;
  const end = stat.lastIndexOf(")");
  const [state, ppid, pgid] = stat.slice(end + 2).split(" ");
  const command = stat.slice(stat.indexOf("(") + 1, end);
  return { pid, ppid: Number(ppid), pgid: Number(pgid), state, command };
}

function readable(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

/** Waits until nothing of a process group is left. */
export const groupGone = (pgid) =>
  poll(
    () => !allProcesses().some((each) => each.pgid === pgid && each.state !== "Z"),
    `the process group ${pgid} to be empty`,
  );

/** The number that a command printed as "pid=N". */
export const pidIn = (text) => Number(/pid=(\d+)/.exec(text)[1]);

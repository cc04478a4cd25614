// What a process used: CPU time in seconds (all its threads), memory in bytes.
import { readdirSync, readFileSync } from "node:fs";

const read = (path) => readFileSync(path, "utf8");
const spent = (pid) => {
  let sum = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) sum += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(" ")[0]);
  return sum / 1e9;
};

/** CPU time of a process; with softirq, that of the kernel's network threads too. */
export function cpuSeconds(pid) {
  return spent(pid);
}

const softirqs = readdirSync("/proc")
  .filter((pid) => /^\d+$/.test(pid))
  .filter((pid) => {
    try {
      return read(`/proc/${pid}/comm`).startsWith("ksoftirqd/");
    } catch {
      return false;
    }
  });
export const softirqSeconds = () => softirqs.reduce((sum, pid) => sum + spent(pid), 0);

const field = (pid, file, name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(read(`/proc/${pid}/${file}`))?.[1] ?? 0) * 1024;
export const pssBytes = (pid) => field(pid, "smaps_rollup", "Pss");
export const rssBytes = (pid) => field(pid, "status", "VmRSS");
export const peakBytes = (pid) => field(pid, "status", "VmHWM");

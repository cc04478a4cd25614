/**
 * A named pipe that a command of a test waits at: `read x < PATH` in the shell goes on when the test
 * says so. It is kept open for both directions, so that nobody waits for the other end.
 */
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {import("node:test").TestContext} t
 * @param {string} folder  where to put it
 */
export function makeGate(t, folder) {
  const path = join(mkdtempSync(join(folder, "gate-")), "fifo");
  const { status, stderr } = spawnSync("mkfifo", [path], { encoding: "utf8" });
  if (status !== 0) throw new Error(`mkfifo ${path}: ${stderr}`);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(fd));
  return {
    path,
    /** In a prompt: waits until the test opens the gate once. */
    wait: `read -r _ < ${path}`,
    open: (line = "go") => writeSync(fd, `${line}\n`),
  };
}

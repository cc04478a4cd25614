// From exec to the first answer, on a store that was there before.
import { spawn } from "node:child_process";
import { request } from "node:http";
import { musterBinary } from "./servers.mjs";

const health = (port) =>
  new Promise((resolve) => {
    const req = request({ host: "127.0.0.1", port, path: "/healthz" }, (res) => resolve(res.resume() && res.statusCode === 200));
    req.on("error", () => resolve(false));
    req.end();
  });

/** Asked every half millisecond. */
export async function startTime(data, port = 4990) {
  const began = performance.now();
  const child = spawn("taskset", ["-c", "0", musterBinary, "serve", "--listen", `127.0.0.1:${port}`, "--data", data], { stdio: "ignore" });
  while (!(await health(port))) await new Promise((resolve) => setTimeout(resolve, 0.5));
  const ms = performance.now() - began;
  const ended = new Promise((resolve) => child.on("close", resolve));
  child.kill("SIGTERM");
  await ended;
  return ms;
}

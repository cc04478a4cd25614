// Beats on a connection of its own, in a process of its own: how long the server lets a heartbeat wait.
// Forked with the server's port and token; says { p50, p99, max, beats } in ms when it is told to stop.
import { openSocket } from "./client.mjs";
import { percentile } from "./stats.mjs";

const [port, token] = process.argv.slice(2);
const client = await openSocket({ port: Number(port), token });
const waits = [];
let over = false;
process.on("message", () => (over = true));
process.send("ready");
while (!over) {
  const began = performance.now();
  await client.call("phoenix", "heartbeat", {});
  waits.push(performance.now() - began);
  await new Promise((resolve) => setTimeout(resolve, 1));
}
client.close();
process.send({ p50: percentile(waits, 0.5), p99: percentile(waits, 0.99), max: Math.max(...waits), beats: waits.length }, () => process.exit());

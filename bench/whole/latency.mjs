// An agent writes a line → the same bytes leave on the socket. The agent is bash, which prints its clock; the
// text waits for the gathering tick (TICK_MS), which is taken off.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { openApi, openCrowd } from "../lib/client.mjs";
import { bench, startMuster } from "../lib/servers.mjs";
import { percentile, show } from "../lib/stats.mjs";

const tick = Number(/LIMIT\(TICK_MS, (\d+)/.exec(readFileSync(`${bench}../protocol/protocol.def`, "utf8"))[1]);
const clock = () => performance.timeOrigin + performance.now();

async function measure(subscribers, lines) {
  const server = await startMuster({ flags: [] });
  const api = openApi(server);
  const project = await api("POST", "/api/projects", { path: server.dir });
  const { id } = await api("POST", `/api/projects/${project.id}/sessions`, { agent: "shell" });
  const delays = [];
  let ended;
  const end = new Promise((resolve) => (ended = resolve));
  const onText = (data, client) => {
    const now = clock();
    const text = data.toString();
    for (const [, micro] of text.matchAll(/<T(\d+)>/g)) {
      client.seen ??= new Set();
      if (client.seen.has(micro)) continue;
      client.seen.add(micro);
      delays.push(now - Number(micro) / 1000);
    }
    if (text.includes("<END>")) ended();
  };
  const clients = await openCrowd(subscribers, () => `session:${id}`, { ...server, onText });
  const script = `for ((i=0;i<${lines};i++)); do echo "<T\${EPOCHREALTIME/./}>"; sleep 0.08; done; echo "<EN""D>"`;
  await api("POST", `/api/sessions/${id}/messages`, { id: randomUUID(), text: `bash -c '${script}'` });
  await end;
  await new Promise((resolve) => setTimeout(resolve, 200));
  clients.forEach((client) => client.close());
  api.close();
  await server.stop();
  return { lines: delays.length / subscribers, p50: percentile(delays, 0.5) - tick, p99: percentile(delays, 0.99) - tick };
}

export const latency = {
  id: "latency",
  title: `an agent writes a line → its bytes leave on the socket, above the tick of ${tick} ms`,
  goal: "p50 ≤ 1.5 ms, p99 ≤ 5 ms, with 1 and with 100 subscribers",
  run: async ({ quick }) => ({ tick, one: await measure(1, quick ? 50 : 400), hundred: await measure(100, quick ? 50 : 400) }),
  say: (f) => `1 subscriber: p50 ${show(f.one.p50)} ms, p99 ${show(f.one.p99)} ms; 100: p50 ${show(f.hundred.p50)} ms, p99 ${show(f.hundred.p99)} ms`,
  met: (f) => f.one.p50 <= 1.5 && f.one.p99 <= 5 && f.hundred.p50 <= 1.5 && f.hundred.p99 <= 5,
};

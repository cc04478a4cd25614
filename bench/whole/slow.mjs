// Readers that stop: of 1,000 subscribers of the list 100 read nothing for a minute, while a session's name
// changes 100 times a second. What the server keeps for them, what the others feel of it, and what they have
// at the end: a reader that was cut off meanwhile (a write stood still for DRAIN_SECONDS) comes back and asks
// for what changed, as the page does.
import { peakBytes, rssBytes } from "../lib/cpu.mjs";
import { openApi, openCrowd, openSocket } from "../lib/client.mjs";
import { startMuster, wsload } from "../lib/servers.mjs";
import { median, show } from "../lib/stats.mjs";

const [READERS, STOPPED, RATE] = [1000, 100, 100];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const nameIn = (text) => [...text.matchAll(/"name":"(wsl:[^"]*)"/g)].at(-1)?.[1];

/* The readers that never stop, and who changes the name: first to one without a stamp, or the snapshot of a
 * join would be taken for a change. */
async function load(server, api, session, seconds) {
  await api("PATCH", `/api/sessions/${session}`, { name: "new" });
  return wsload(
    { ...server, flags: ["--header", `Authorization: Bearer ${server.token}`, "--topic", "projects"] },
    ["--conns", READERS - STOPPED, "--pub", "http", "--pub-conns", 1, "--pub-method", "PATCH", "--pub-path", `/api/sessions/${session}`,
      "--pub-header", `Authorization: Bearer ${server.token}`, "--pub-body", '{"name":"%s"}', "--rate", RATE, "--duration", seconds],
  );
}

/* Joined, and not reading from now on. */
async function stop(server) {
  const clients = await openCrowd(STOPPED, () => "projects", {
    ...server,
    onText: (text, client) => (client.name = nameIn(text.toString()) ?? client.name),
  });
  for (const client of clients) {
    client.socket.on("close", () => (client.cut = true));
    client.socket.pause();
  }
  return clients;
}

/* Reads on, or comes back; true: it has the newest name. */
async function resume(server, client, since, newest) {
  client.socket.resume();
  for (let n = 0; n < 100 && !client.cut && client.name !== newest; n++) await sleep(50);
  if (client.cut) {
    const again = await openSocket(server);
    client.name = nameIn(JSON.stringify(await again.call("projects", "phx_join", { since })));
    again.close();
  }
  if (!client.cut) client.socket.removeAllListeners("close").destroy();
  return client.name === newest;
}

async function measure(seconds) {
  const server = await startMuster({ flags: [] });
  const api = openApi(server);
  try {
    const project = await api("POST", "/api/projects", { path: server.dir });
    const { id } = await api("POST", `/api/projects/${project.id}/sessions`, { agent: "shell" });
    await load(server, api, id, 2);
    const before = await load(server, api, id, Math.max(3, seconds / 4));
    const first = await openSocket(server);
    const { epoch, rev } = (await first.call("projects", "phx_join")).response;
    first.close();
    const clients = await stop(server);
    const idle = rssBytes(server.pid);
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, rssBytes(server.pid))), 250);
    /* Two halves: wsload's readers send no heartbeats, and would be taken for dead after a minute. */
    const during = [await load(server, api, id, seconds / 2), await load(server, api, id, seconds / 2)].map((run) => run.measure);
    clearInterval(watch);
    const newest = (await api("GET", `/api/sessions/${id}`)).name;
    const good = await Promise.all(clients.map((client) => resume(server, client, { epoch, rev }, newest)));
    const cut = clients.filter((client) => client.cut).length;
    return {
      growth: (most - idle) / STOPPED,
      p99_before: before.measure.latency_us.p99 / 1000,
      p99: Math.max(...during.map((run) => run.latency_us.p99)) / 1000,
      lost: during.reduce((sum, run) => sum + run.lost, before.measure.lost),
      late: Math.max(...during.map((run) => run.publish_lag_us.p99)) / 1000,
      peak: peakBytes(server.pid),
      newest: good.filter(Boolean).length,
      cut,
    };
  } finally {
    api.close();
    await server.stop();
  }
}

export const slow = {
  id: "slow",
  title: `${STOPPED} of ${READERS.toLocaleString("en-US")} readers stand still for a minute under ${RATE} changes a second`,
  goal: "≤ 128 KiB for each of them; the others' p99 ≤ 1.2 × of a run without them; each ends with the newest rows",
  slow: true,
  async run({ quick }) {
    const all = [];
    for (let n = 0; n < (quick ? 1 : 2); n++) all.push(await measure(quick ? 6 : 60));
    const of = (key) => median(all.map((one) => one[key]));
    return {
      growth: of("growth"), p99_before: of("p99_before"), p99: of("p99"), ratio: median(all.map((one) => one.p99 / one.p99_before)),
      late: of("late"), lost: Math.max(...all.map((one) => one.lost)), newest: Math.min(...all.map((one) => one.newest)), cut: of("cut"),
    };
  },
  say: (f) =>
    `${show(f.growth / 1024)} KiB each; p99 of the others ${show(f.p99)} ms, without ${show(f.p99_before)} ms: ${show(f.ratio)} ×; ` +
    `${f.newest} of ${STOPPED} end with the newest rows (${show(f.cut)} were cut off and came back); ${f.lost} pushes lost to the others`,
  met: (f) => f.growth <= 131072 && f.ratio <= 1.2 && f.newest === STOPPED && f.lost === 0,
};

// Writes the tables and plots of docs/performance.md from bench/results/latest.json.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { barPlot, linePlot } from "./plot.mjs";
import { rows } from "./rows.mjs";
import { bench, PEER_ROUNDS, servers } from "./servers.mjs";
import { show } from "./stats.mjs";
import { whole } from "../whole/index.mjs";

const page = `${bench}../docs/performance.md`;
const plots = `${bench}../docs/performance/`;
const line = (cells) => `| ${cells.join(" | ")} |`;
const table = (head, body) => [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");

function goalTable(results) {
  const body = rows.flatMap((row) => {
    const got = results.rows[row.id]?.servers;
    if (!got?.muster) return [];
    const [muster, floor] = [got.muster.median, got.floor?.median];
    const figure = row.goal ? `${show(muster)} / ${show(floor)} ${row.unit} = **${(muster / floor).toFixed(2)} ×**` : `**${show(muster)}** ${row.unit}`;
    const met = row.goal ? muster / floor <= row.goal : muster <= row.most;
    const noise = Math.round(100 * Math.max(got.muster.noise, row.goal ? (got.floor?.noise ?? 0) : 0));
    return [[`\`${row.id}\``, row.title, figure, row.goal ? `≤ ${row.goal.toFixed(2)} ×` : `≤ ${show(row.most)}`, met ? "yes" : "**no**", `± ${noise} %`]];
  });
  return table(["row", "what", "muster (/ floor)", "goal", "reached", "noise"], body);
}

function peerTable(results, ids, cell) {
  const present = ids.filter((id) => results.rows[id]?.servers);
  const names = Object.keys(servers).filter((name) => present.some((id) => results.rows[id].servers[name]));
  return table(["server", ...present.map((id) => `\`${id}\``)], names.map((name) => [servers[name].title, ...present.map((id) => cell(results.rows[id].servers[name], results.rows[id].servers))]));
}

const delivery = rows.filter((row) => row.unit === "µs per delivery").map((row) => row.id);
const relative = (one, all) => (one && all.floor ? `${show(one.median)} (${(one.median / all.floor.median).toFixed(2)})` : show(one?.median));

function wholeTable(results) {
  const body = whole.flatMap((row) => {
    const figures = results.rows[row.id]?.figures;
    return figures ? [[`\`${row.id}\``, row.title, row.say(figures), row.goal, row.met(figures) ? "yes" : "**no**"]] : [];
  });
  return table(["row", "what", "measured", "goal", "reached"], body);
}

function write(name, svg) {
  mkdirSync(plots, { recursive: true });
  writeFileSync(`${plots}${name}.svg`, svg);
}

function draw(results) {
  const bars = (id) =>
    Object.entries(results.rows[id]?.servers ?? {}).map(([name, r]) => ({ label: servers[name].title.replaceAll("*", ""), value: r.median, text: show(r.median), own: name === "muster" }));
  const made = [];
  for (const [id, title] of [["fan1k_w1", "CPU per delivery, µs: 1,000 subscribers, one publish at a time"], ["fan1k_w16", "CPU per delivery, µs: 1,000 subscribers, 16 publishes in flight"], ["idle10k", "Resident bytes per idle joined connection"]]) {
    if (bars(id).length < 2) continue;
    write(id, barPlot(title, bars(id)));
    made.push(`![${title}](performance/${id}.svg)`);
  }
  const lines = results.rows.growth?.figures;
  if (lines) {
    write("growth", linePlot("CPU per change of a session's name, against what does not change", lines, "µs per change"));
    made.push("![CPU per change against what did not change](performance/growth.svg)");
  }
  return made.join("\n\n");
}

function machines(results) {
  const all = Object.values(results.rows);
  const last = all.toSorted((a, b) => a.at.localeCompare(b.at)).at(-1);
  if (!last) return "Nothing was measured yet.";
  const { cpu, cores, kernel, node } = last.machine;
  const commits = [...new Set(all.map((row) => row.machine.commit))].join(", ");
  return `Measured on ${cpu}, ${cores} cores, Linux ${kernel}, Node.js ${node}; last on ${last.at.slice(0, 16).replace("T", " ")} UTC; at ${commits}.`;
}

export function report(results) {
  const parts = [
    machines(results),
    "### Beside the floor\n\nCPU of the server and of the kernel's network thread; the floor and muster in alternating rounds of one run.\n\n" + goalTable(results),
    `### Beside the peers\n\nPeers: ${PEER_ROUNDS} rounds. CPU µs per delivery; in brackets the ratio to the floor.\n\n` + peerTable(results, delivery, relative),
    "Deliveries per second.\n\n" + peerTable(results, delivery, (one) => show(one?.also.rate)),
    "Latency, 99 %, ms.\n\n" + peerTable(results, delivery, (one) => show(one?.also.p99_ms)),
    "Connections.\n\n" + peerTable(results, rows.map((row) => row.id).filter((id) => !delivery.includes(id)), (one) => show(one?.median)),
    "### The whole path\n\n" + wholeTable(results),
    draw(results),
  ];
  const [begin, end] = ["<!-- bench:begin -->", "<!-- bench:end -->"];
  if (!existsSync(page)) return;
  const text = readFileSync(page, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < 0) throw new Error("docs/performance.md has lost its markers");
  writeFileSync(page, `${text.slice(0, from)}${begin}\n\n${parts.join("\n\n")}\n\n${text.slice(to)}`);
}

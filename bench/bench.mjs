// The measurements: `./dev bench`. Servers run on core 0, generators on core 1, one server at a time, rounds
// alternate between the servers; a figure is the median of its rounds. The peers have two rounds of them, so
// that all rows come from one run of some forty minutes.
//
//   ./dev bench [--quick] [--rounds N] [--seconds N] [--servers floor,muster] [--print] [ROW…]
//
// Without ROW all rows are run but those of many minutes (crowd), which want to be named. What was measured
// goes to bench/results/latest.json (rows that were not run keep their figures) and from there into
// docs/performance.md. --quick measures muster and the floor once and briefly, and writes nothing; --print
// only writes the tables and plots again. It never fails a build: a figure worse than the one before by more
// than the noise is said at the end.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { rows } from "./lib/rows.mjs";
import { bench, machine, servers, wsload } from "./lib/servers.mjs";
import { median, noise, show } from "./lib/stats.mjs";
import { report } from "./lib/report.mjs";
import { whole } from "./whole/index.mjs";

const file = `${bench}results/latest.json`;
const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    print: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    servers: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const known = [...rows, ...whole];
const unknown = wanted.filter((id) => !known.some((row) => row.id === id));
if (options.help || unknown.length) {
  if (unknown.length) console.log(`There is no row ${unknown.join(", ")}.`);
  console.log("usage: ./dev bench [--quick] [--rounds N] [--seconds N] [--servers a,b] [--print] [ROW…]\n");
  for (const row of known) console.log(`  ${row.id.padEnd(12)} ${row.title}`);
  process.exit(unknown.length ? 2 : 0);
}
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const seconds = Number(options.seconds ?? (options.quick ? 1 : 3));
const chosen = options.servers?.split(",") ?? (options.quick ? ["floor", "muster"] : Object.keys(servers));

const load = () => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { rows: {} };
  }
};
const save = (results) => {
  mkdirSync(`${bench}results`, { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
};
const broken = new Set();

async function once(row, name, into) {
  let server;
  try {
    let before;
    if (row.before) {
      server = await servers[name].start();
      before = await wsload(server, row.before(seconds));
      await server.stop();
    }
    server = await servers[name].start();
    const result = await wsload(server, row.args(seconds));
    into.values.push(row.value(result, before));
    into.others.push(result.measure?.other_cpu_s ?? 0);
    for (const [key, pick] of Object.entries(row.also ?? {})) (into.also[key] ??= []).push(pick(result, before));
  } catch (error) {
    broken.add(`${row.id} ${name}: ${error.message.split("\n")[0]}`);
  }
  await server?.stop();
}

async function measure(row) {
  const names = chosen.filter((name) => (row.servers?.includes(name) ?? true) && !servers[name].without?.includes(row.id));
  const got = Object.fromEntries(names.map((name) => [name, { values: [], others: [], also: {} }]));
  for (let round = 0; round < rounds; round++)
    for (const name of names) if (round < (servers[name].rounds ?? rounds)) await once(row, name, got[name]);
  const result = {};
  for (const [name, { values, others, also }] of Object.entries(got)) {
    if (!values.length) continue;
    result[name] = {
      median: median(values),
      noise: noise(values),
      values,
      other_cpu_s: median(others),
      also: Object.fromEntries(Object.entries(also).map(([key, list]) => [key, median(list)])),
    };
  }
  return result;
}

const verdict = (row, result) => {
  const [muster, floor] = [result.muster?.median, result.floor?.median];
  if (muster === undefined) return "";
  if (row.goal) return `${(muster / floor).toFixed(2)} × the floor (goal ${row.goal.toFixed(2)})`;
  return `${show(muster)} ${row.unit} (goal ${show(row.most)})`;
};

/* What counts for "worse": the ratio to the floor where there is one, else the figure. */
const score = (row, result) => (row.goal ? result.muster.median / result.floor.median : result.muster.median);

function compare(row, now, then) {
  if (!now.muster || !then?.muster || (row.goal && !(now.floor && then.floor))) return null;
  const allowed = 0.1 + [now.muster, then.muster, now.floor, then.floor].reduce((sum, r) => Math.max(sum, 2 * (r?.noise ?? 0)), 0);
  const [a, b] = [score(row, now), score(row, then)];
  return a > b * (1 + allowed) ? `${row.id}: ${show(a)}, was ${show(b)} (noise ${Math.round(allowed * 100)} %)` : null;
}

const results = load();
const worse = [];
if (!options.print) {
  const todo = (list) => list.filter((row) => wanted.length === 0 || wanted.includes(row.id));
  for (const row of todo(rows)) {
    const result = await measure(row);
    console.log(`${row.id.padEnd(11)} ${row.title}: ${verdict(row, result)}`);
    const line = compare(row, result, results.rows[row.id]?.servers);
    if (line) worse.push(line);
    if (!options.quick) {
      results.rows[row.id] = { at: new Date().toISOString(), rounds, seconds, machine: machine(), servers: { ...results.rows[row.id]?.servers, ...result } };
      save(results);
    }
  }
  for (const row of todo(whole)) {
    if ((row.long || (options.quick && row.slow)) && !wanted.includes(row.id)) continue;
    try {
      const figures = await row.run({ quick: options.quick, seconds, rounds });
      console.log(`${row.id.padEnd(11)} ${row.title}: ${row.say(figures)}`);
      if (!options.quick) {
        results.rows[row.id] = { at: new Date().toISOString(), machine: machine(), figures };
        save(results);
      }
    } catch (error) {
      broken.add(`${row.id}: ${error.stack}`);
    }
  }
}
if (!options.quick) report(results);
for (const line of broken) console.log(`not measured: ${line}`);
if (worse.length) console.log(`\n*** WORSE than the figures before, by more than the noise:\n${worse.map((line) => `***   ${line}`).join("\n")}`);

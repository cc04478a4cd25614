// Prints the medians of what bench/run left in a folder: <server>.<scenario>.<round>.json.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
const runs = new Map();
for (const file of readdirSync(folder).filter((f) => f.endsWith('.json'))) {
  const [server, scenario] = file.split('.');
  const result = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const key = `${scenario} ${server}`;
  runs.set(key, [...(runs.get(key) ?? []), result]);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const of = (scenario, server, pick) => median((runs.get(`${scenario} ${server}`) ?? []).map(pick));
const cpu = (r) => r.measure.server_and_ksoftirqd_us_per_delivery;
const rate = (r) => r.measure.deliveries_per_s;
const p99 = (r) => r.measure.latency_us.p99 / 1000;
const lost = (r) => r.measure.lost;

const scenarios = [...new Set([...runs.keys()].map((key) => key.split(' ')[0]))];
console.log('| scenario | CPU µs per delivery: floor | muster | ratio | deliveries/s: floor | muster | p99 ms: floor | muster | lost |');
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const s of scenarios) {
  const [f, m] = [of(s, 'floor', cpu), of(s, 'muster', cpu)];
  const cells = [s, f.toFixed(2), m.toFixed(2), (m / f).toFixed(2),
    Math.round(of(s, 'floor', rate)), Math.round(of(s, 'muster', rate)),
    of(s, 'floor', p99).toFixed(1), of(s, 'muster', p99).toFixed(1),
    (runs.get(`${s} muster`) ?? []).reduce((sum, r) => sum + lost(r), 0)];
  console.log(`| ${cells.join(' | ')} |`);
}

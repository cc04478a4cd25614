/**
 * What one change of a state costs the page, in Chromium, on the built code: muster's own way beside
 * the specification's, in one run. `npm run bench -- [changes] [--json]`. All in ms, of the main thread between
 * the frame's arrival and the paint, as CPU time from a trace: `whole` is every task, so with style,
 * layout and paint; `empty` is the same between the same marks when nothing happens, so what the frame
 * and the measuring cost by themselves; `letter` is that with one letter of a name put there by hand, so
 * what Chromium takes for anything that one can see; `script` is the page's own code, from a second trace
 * (a trace that tells it costs more itself). `paint` is how long the badge took to be painted, and `next frame`
 * how often it was in the first frame that began after the arrival.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { categories, costs } from './trace.mjs';

const { chromium } = createRequire(new URL('../../test/package.json', import.meta.url))(
  'playwright-core',
);
const dist = fileURLToPath(new URL('../../build/web-bench/', import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
});
const CHANGES = Number(positionals[0] ?? 150);
const WARM = 200; // changes that are not measured: the page is one that has been open for a while
const variants = {
  muster: 'muster',
  cache: "the specification's map, muster's list",
  plain: "the specification's map, every row in the page",
};
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const server = createServer(async (request, response) => {
  const path = normalize(new URL(request.url, 'http://localhost').pathname);
  const file = join(dist, path === '/' ? 'index.html' : path);
  try {
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
    response.end(await readFile(file));
  } catch {
    response.statusCode = 404;
    response.end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/`;

const executablePath = [
  process.env.MUSTER_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
].find((path) => path && existsSync(path));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });

const at = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const spread = (values) => ({ p50: at(values, 0.5), p99: at(values, 0.99) });
const print = (line) => process.stdout.write(`${line}\n`);
const columns = ['whole', 'empty', 'letter', 'script', 'paint'];

async function measure(variant, sessions) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${url}?variant=${variant}&sessions=${sessions}`);
  await page.waitForFunction(() => window.bench?.isReady(), null, { timeout: 120_000 });
  const run = (what, from, count) =>
    page.evaluate(
      async ([kind, first, last]) => {
        const all = [];
        for (let at = first; at < last; at += 1) all.push(await window.bench[kind](at));
        return all;
      },
      [what, from, from + count],
    );
  const traced = async (what, act) => {
    await browser.startTracing(page, { categories: categories[what] });
    const result = await act();
    const trace = JSON.parse((await browser.stopTracing()).toString());
    return { result, cost: costs(trace.traceEvents, what) };
  };
  await run('change', 0, WARM);
  const whole = await traced('whole', async () => {
    const painted = await run('change', WARM, CHANGES);
    await run('empty', 0, CHANGES);
    await run('letter', 0, CHANGES);
    return painted;
  });
  const script = await traced('script', () => run('change', WARM + CHANGES, CHANGES));
  await page.close();
  const cpu = (all, kind) => spread(all.filter((one) => one.kind === kind).map((one) => one.cpu));
  const painted = whole.result;
  return {
    whole: cpu(whole.cost, 'change'),
    empty: cpu(whole.cost, 'empty'),
    letter: cpu(whole.cost, 'letter'),
    script: cpu(script.cost, 'change'),
    paint: spread(painted.map(({ ms }) => ms)),
    next: painted.filter(({ frames }) => frames === 1).length / painted.length,
  };
}

const cells = (texts) => texts.map((text) => text.padStart(10)).join(' ');

function printHead() {
  print(`Chromium ${browser.version()}, ${CHANGES} changes each, load ${loadavg()[0].toFixed(1)}`);
  print(cells(['sessions', ...columns.flatMap((one) => [`${one} p50`, 'p99']), 'next frame']));
}

function printRow({ sessions, variant, ...figures }) {
  const numbers = columns.flatMap((one) => Object.values(figures[one])).map((ms) => ms.toFixed(2));
  const share = `${Math.round(figures.next * 100)}%`;
  print(`${cells([String(sessions), ...numbers, share])}  ${variants[variant]}`);
}

try {
  const rows = [];
  if (!options.json) printHead();
  for (const sessions of [1000, 10_000]) {
    for (const variant of Object.keys(variants)) {
      const row = { sessions, variant, ...(await measure(variant, sessions)) };
      rows.push(row);
      if (!options.json) printRow(row);
    }
  }
  if (options.json) print(JSON.stringify(rows));
} finally {
  await browser.close();
  server.close();
}

/**
 * What a cold load fetches before the sidebar can be used, compressed as muster serves it:
 *
 *     npm run build && npm run size
 *
 * Ends with 1 where the scripts are larger than the budget. Counted is what index.html names and
 * what those import statically; what is imported later is not in the way of the sidebar.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET = 150_000;
const dist = new URL('../dist/', import.meta.url);

const read = (path) => readFileSync(new URL(path, dist));
const html = read('index.html').toString();
const named = [...html.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map((match) => match[1]);

const print = (line) => process.stdout.write(`${line}\n`);

const sizes = new Map();
function visit(path) {
  if (sizes.has(path)) return;
  const source = read(path);
  sizes.set(path, gzipSync(source, { level: 9 }).length);
  const imports = source.toString().matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g);
  for (const [, file] of imports) visit(`assets/${file}`);
}
named.forEach(visit);

const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
for (const [path, size] of [...sizes].sort((a, b) => b[1] - a[1])) {
  print(`${String(size).padStart(7)}  ${path}`);
}
print(`${String(total).padStart(7)}  in all; the budget is ${BUDGET}`);
if (total > BUDGET) process.exitCode = 1;

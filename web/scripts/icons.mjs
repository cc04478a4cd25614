/**
 * Draws public/icons/*.png from the mark, by Chromium:
 *
 *     node scripts/icons.mjs
 *
 * Run by hand when the mark changes; the pictures are committed. Needs the packages of test/.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const root = new URL('../', import.meta.url);
const require = createRequire(new URL('../../test/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const mark = readFileSync(new URL('public/favicon.svg', root), 'utf8');
// A maskable icon is cut to a circle or another shape: its ground is full, its mark inside 80 %.
const full = mark
  .replace('rx="8" ', '')
  .replace('<path ', '<path transform="translate(16 16) scale(.72) translate(-16 -16)" ');
const icons = [
  ['192', 192, mark],
  ['512', 512, mark],
  ['maskable-512', 512, full],
  ['apple-touch-180', 180, full],
];

mkdirSync(new URL('public/icons/', root), { recursive: true });
const executablePath = process.env.MUSTER_CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
for (const [name, size, svg] of icons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>*{margin:0}svg{display:block;width:100vw}</style>${svg}`);
  const path = new URL(`public/icons/${name}.png`, root).pathname;
  await page.screenshot({ path, omitBackground: true });
  await page.close();
}
await browser.close();

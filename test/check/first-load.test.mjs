/** The first load of the built page: nothing stands in the way of its first paint, and nothing is named that is not there. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { root } from "../lib/paths.mjs";
import { test } from "../lib/test.mjs";

const dist = `${root}/web/dist`;
const html = readFileSync(`${dist}/index.html`, "utf8");

test("the styles are in the page, and no script that comes later asks for them", () => {
  assert.match(html, /<style>[^<]{10000}/);
  assert.doesNotMatch(html, /rel="stylesheet"/);
  for (const name of readdirSync(`${dist}/assets`).filter((one) => one.endsWith(".js"))) {
    assert.doesNotMatch(readFileSync(`${dist}/assets/${name}`, "utf8"), /["']\/?assets\/[^"']*\.css["']/, name);
  }
});

test("every script that the page names is there", () => {
  const names = html.match(/\/[\w./-]+\.js\b/g);
  assert.ok(names.length >= 4, `${names}`);
  for (const page of ["work", "settings"]) assert.match(html, new RegExp(`data-${page}="/assets/`));
  for (const name of names) assert.ok(existsSync(dist + name), name);
});

test("the frame that is painted first says nothing of a session", () => {
  const frame = html.slice(html.indexOf('<div id="root">'));
  assert.match(frame, /role="status" aria-label="Loading"/);
  assert.doesNotMatch(frame, /data-testid|data-state-kind|Processing|Error|Needs you/);
});

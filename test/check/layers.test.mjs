import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { root } from "../lib/paths.mjs";
import { assertNone, eachLine, sources } from "../lib/sources.mjs";
import { test } from "../lib/test.mjs";

/** A file includes only its own folder and those to the left; src/main.c stands above them all. */
const ORDER = "base wire hold core agent io store hub runner server app cli main".split(" ");

/** System headers that one place alone may include. */
const KEPT = [
  { header: /^uv(\/.*)?\.h$/, place: /^src\/io\// },
  { header: /^sqlite3\.h$/, place: /^src\/store\/\w*sqlite\w*\.c$/ },
  { header: /^(http_parser|llhttp)\.h$/, place: /^src\/wire\// },
];

const files = sources(["src"], /\.[ch]$/);

function layerOf(path) {
  const [, first, rest] = path.split("/");
  return rest === undefined ? first.replace(/\.[ch]$/, "") : first;
}

function includesOf(text) {
  const found = [];
  eachLine(text, (line, number) => {
    const match = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
    if (match) found.push({ name: match[2], quoted: match[1] === '"', number });
  });
  return found;
}

test("every source file has a place in the order of layers", () => {
  assert.ok(files.length > 0);
  const strangers = files.filter(({ path }) => !ORDER.includes(layerOf(path)));
  assertNone(strangers.map(({ path }) => path), "in no known layer:");
});

test("no file includes a layer to its right", () => {
  const wrong = [];
  for (const { path, text } of files) {
    for (const { name, quoted, number } of includesOf(text)) {
      if (!quoted || !existsSync(`${root}/src/${name}`)) continue;
      const [from, to] = [layerOf(path), layerOf(`src/${name}`)];
      if (ORDER.indexOf(to) > ORDER.indexOf(from)) wrong.push(`${path}:${number}: ${from} includes ${name}`);
    }
  }
  assertNone(wrong, "upward includes:");
});

test("includes of our own are written from src/", () => {
  const wrong = [];
  for (const { path, text } of files) {
    for (const { name, quoted, number } of includesOf(text)) {
      if (!quoted || existsSync(`${root}/src/${name}`)) continue;
      const relative = name.startsWith(".") || existsSync(`${root}/${dirname(path)}/${name}`);
      if (relative && !name.endsWith(".def")) wrong.push(`${path}:${number}: "${name}"`);
    }
  }
  assertNone(wrong, "write these from src/:");
});

test("libuv, SQLite and the HTTP parser are included in one place each", () => {
  const wrong = [];
  for (const { path, text } of files) {
    for (const { name, number } of includesOf(text)) {
      const rule = KEPT.find(({ header }) => header.test(name));
      if (rule && !rule.place.test(path)) wrong.push(`${path}:${number}: ${name}`);
    }
  }
  assertNone(wrong, "includes in the wrong place:");
});

/** The repository's own source files, for the checks. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./paths.mjs";

const SKIPPED = new Set(["node_modules", "dist", "output", "build"]);

/**
 * @param {string[]} folders  under the root
 * @param {RegExp} name  what the file's name must match
 * @returns {{path: string, text: string}[]}  paths as from the root
 */
export function sources(folders, name) {
  return folders
    .flatMap((folder) => walk(join(root, folder)))
    .filter((path) => name.test(path))
    .sort()
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, "utf8") }));
}

function walk(dir) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(dir, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

/** C source with comments and the insides of strings blanked out, line for line. */
export function codeOnly(text) {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;
  return text.replace(token, (found) => {
    if (found.startsWith('"')) return '""';
    if (found.startsWith("'")) return "' '";
    return found.replace(/[^\n]/g, " ");
  });
}

/** Calls `see` with each line of a text and its number. */
export function eachLine(text, see) {
  text.split("\n").forEach((line, at) => see(line, at + 1));
}

/**
 * Fails with the list itself where it is not empty.
 * @param {string[]} wrong
 */
export function assertNone(wrong, hint) {
  assert.ok(wrong.length === 0, `${hint}\n${wrong.slice(0, 40).join("\n")}`);
}

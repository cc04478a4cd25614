#!/usr/bin/env node
/**
 * Seeds for the fuzz targets of the dialects, from the recorded scenes of the unit tests:
 *
 *     node test/fuzz/corpus.mjs FOLDER
 *
 * A scene is a file FOLDER/<dialect>/<n>: one byte that the target reads as its settings, then what
 * the agent printed.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/paths.mjs";

const SCENES = {
  acp: ["acp-scenes.jsonl"],
  claude: ["claude-scenes.jsonl", "claude-more-scenes.jsonl"],
  codex: ["codex-scenes.jsonl"],
};
/** Even and odd: a target may read the last bit as "the handshake is done". */
const SETTINGS = [16, 17];

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("usage: corpus.mjs FOLDER");
for (const [dialect, files] of Object.entries(SCENES)) {
  const dir = join(folder, dialect);
  mkdirSync(dir, { recursive: true });
  const scenes = files.flatMap(scenesOf);
  for (const [at, lines] of scenes.entries()) {
    const setting = Buffer.from([SETTINGS[at % SETTINGS.length]]);
    writeFileSync(join(dir, String(at)), Buffer.concat([setting, Buffer.from(lines.join(""))]));
  }
  console.log(`${dialect}: ${scenes.length} scenes`);
}

function scenesOf(file) {
  const text = readFileSync(join(root, "test/unit/agent", file), "utf8");
  const scenes = [];
  for (const line of text.split("\n").filter(Boolean).map((each) => JSON.parse(each))) {
    if (line.scene !== undefined) scenes.push([]);
    if (line.out === undefined) continue;
    scenes.at(-1).push(typeof line.out === "string" ? line.out : `${JSON.stringify(line.out)}\n`);
  }
  return scenes;
}

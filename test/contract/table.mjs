#!/usr/bin/env node
/**
 * The table scenario × agent. The contract suite notes what came of each scenario in
 * build/contract-table.json; run as a program, this file prints it as Markdown, for docs/agents.md:
 *
 *     node test/contract/table.mjs
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../lib/paths.mjs";
import { scenarios } from "./scenarios.mjs";

const FILE = `${root}/build/contract-table.json`;
const AGENTS = ["claude", "codex", "gemini", "opencode", "shell"];
const SIGNS = { pass: "yes", fail: "**fails**" };

/** What came of this process's scenarios: {name: {result, reason?}}. */
const results = {};

/** @param {"pass" | "fail" | "cannot"} result */
export function noteResult(scenario, result, reason) {
  results[scenario] = { result, ...(reason && { reason }) };
}

/** Puts this process's results in the place of the agent's former ones, and says how many there are. */
export function writeTable(agent, version) {
  const table = readTable();
  const former = table[agent]?.version === version ? table[agent].scenarios : {};
  table[agent] = { version, scenarios: { ...former, ...results } };
  mkdirSync(dirname(FILE), { recursive: true });
  const unfinished = `${FILE}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(table, null, 2)}\n`);
  renameSync(unfinished, FILE);
  const count = (wanted) => Object.values(results).filter(({ result }) => result === wanted).length;
  console.log(`# ${agent} ${version}: ${count("pass")} pass, ${count("fail")} fail, ${count("cannot")} cannot`);
}

function readTable() {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")) : {};
}

/** The table as Markdown: a row for each scenario, then the reasons of what cannot be. */
export function markdown(table) {
  const agents = AGENTS.filter((name) => name in table);
  const names = scenarios.map(({ name }) => name);
  const reasons = [];
  const cell = (name, agent) => {
    const { result, reason } = table[agent].scenarios[name] ?? {};
    if (result !== "cannot") return SIGNS[result] ?? "";
    const at = reasons.indexOf(reason) + 1 || reasons.push(reason);
    return `no [${at}]`;
  };
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const lines = [
    row(["scenario", ...agents.map((agent) => `${agent} ${table[agent].version}`)]),
    row(["---", ...agents.map(() => "---")]),
    ...names.map((name) => row([name, ...agents.map((agent) => cell(name, agent))])),
  ];
  const notes = reasons.map((reason, at) => `${at + 1}. ${reason}`);
  return [...lines, "", ...notes, ""].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(markdown(readTable()));

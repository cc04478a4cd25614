/** The test suites: what each runs, its time limit, and which may run beside each other. */
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { buildDir, logDir, root } from "./paths.mjs";

const SANITIZERS = {
  ASAN_OPTIONS: "detect_leaks=1:abort_on_error=0:strict_string_checks=1",
  UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
};

/** The agents' programs take seconds to start where others compete for the processor. */
const CONTRACT = { MUSTER_TEST_WAIT_MS: "45000" };

/** @type {Record<string, import("./runner.mjs").Suite>} */
export const suites = {
  check: { limitSeconds: 240, commands: () => nodeTests("check") },
  unit: { limitSeconds: 600, commands: unitTests },
  web: { limitSeconds: 600, commands: webTests },
  integration: { limitSeconds: 900, commands: () => nodeTests("integration") },
  contract: { limitSeconds: 1200, commands: () => nodeTests("contract", CONTRACT) },
  browser: { limitSeconds: 1500, commands: () => nodeTests("browser") },
  day: { limitSeconds: 1200, commands: () => nodeTests("day") },
};

/** One stage after the other; the lanes of a stage beside each other, each lane in order. */
export const stages = [[["check", "unit"], ["web"]], [["integration", "contract"], ["day"]], [["browser"]]];

/** Each file is a process of its own: what it prints and how it ends is known for it alone. */
function nodeTests(folder, more = {}) {
  const dir = `${root}/test/${folder}`;
  const files = filesBelow(dir, (name) => name.endsWith(".test.mjs"));
  return files.map((file) => {
    const name = basename(file, ".test.mjs");
    const tapFile = `${logDir}/${folder}-${name}.tap`;
    const reporter = ["--test-reporter=tap", `--test-reporter-destination=${tapFile}`];
    const argv = [process.execPath, ...reporter, file];
    return { name, argv, cwd: root, env: { ...SANITIZERS, ...more }, kind: "tap", tapFile };
  });
}

function unitTests() {
  const dir = `${buildDir}/test/unit`;
  if (!existsSync(dir)) throw new Error(`${dir} is missing: run ./dev test, which builds it.`);
  const programs = filesBelow(dir, isTestProgram);
  const env = { ...SANITIZERS, CMOCKA_MESSAGE_OUTPUT: "TAP" };
  return programs.map((path) => {
    const name = relative(dir, path);
    return { name, argv: [path], cwd: root, env, kind: "tap" };
  });
}

function isTestProgram(name, path) {
  if (!name.startsWith("test_") || name.includes(".")) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function webTests() {
  const cwd = `${root}/web`;
  if (!existsSync(`${cwd}/node_modules`)) {
    throw new Error(`${cwd}/node_modules is missing: run ./dev setup.`);
  }
  const script = (name) => ({ name, argv: ["npm", "run", "--silent", name], cwd, kind: "exit" });
  const vitest = ["node_modules/.bin/vitest", "run", "--reporter=tap-flat"];
  return [
    script("check-types"),
    script("lint"),
    { name: "vitest", argv: vitest, cwd, env: { CI: "1" }, kind: "tap" },
  ];
}

function filesBelow(dir, wanted) {
  if (!existsSync(dir)) return [];
  const entries = readdirSync(dir, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => wanted(path.slice(path.lastIndexOf("/") + 1), path))
    .sort();
}

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { root } from "../lib/paths.mjs";
import { assertNone, codeOnly, eachLine, sources } from "../lib/sources.mjs";
import { test } from "../lib/test.mjs";

/** The version whose idea of .clang-format the sources follow: Debian 12's. */
const FORMAT_VERSION = 14;
const MAX_LINES = 1000;

/** Each has a better sibling: snprintf, struct mu_buf, strtol, strtok_r, gmtime_r, uv_spawn… */
const BANNED = [
  ...["strcpy", "strncpy", "strcat", "strncat", "sprintf", "vsprintf", "gets", "strtok"],
  ...["atoi", "atol", "atoll", "atof", "gmtime", "localtime", "ctime", "asctime"],
  ...["rand", "srand", "tmpnam", "mktemp", "alloca", "system", "popen"],
];

// bench/ holds the measuring instrument: it is kept as it is, so that figures stay comparable.
const cFiles = sources(["src", "tools", "test"], /\.[ch]$/);
const shipped = sources(["src", "tools", "protocol", "web/src"], /\.(c|h|def|ts|tsx|sql)$/);

test("the C sources are as clang-format leaves them", (t) => {
  const version = spawnSync("clang-format", ["--version"], { encoding: "utf8" });
  const major = Number(/version (\d+)/.exec(version.stdout ?? "")?.[1]);
  if (major !== FORMAT_VERSION) return t.skip(`needs clang-format ${FORMAT_VERSION}, here: ${major || "none"}`);
  const paths = cFiles.map(({ path }) => path);
  const options = { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 };
  const { status, stderr } = spawnSync("clang-format", ["--dry-run", "-Werror", ...paths], options);
  const places = stderr.split("\n").filter((line) => line.includes("error:"));
  assertNone(places, "run ./dev fmt:");
  assert.equal(status, 0, stderr);
});

test("no function is called that invites mistakes", () => {
  const call = new RegExp(`(?<![\\w.>])(${BANNED.join("|")})\\s*\\(`);
  const wrong = [];
  for (const { path, text } of cFiles.filter((file) => !file.path.startsWith("test/"))) {
    eachLine(codeOnly(text), (line, number) => {
      const found = call.exec(line);
      if (found) wrong.push(`${path}:${number}: ${found[1]}`);
    });
  }
  assertNone(wrong, "calls with a better sibling:");
});

test("nothing is left for later in the sources", () => {
  const wrong = [];
  for (const { path, text } of shipped) {
    eachLine(text, (line, number) => {
      if (/\b(TODO|FIXME|XXX|HACK)\b/.test(line)) wrong.push(`${path}:${number}: ${line.trim()}`);
    });
  }
  assertNone(wrong, "finish these or leave them out:");
});

test(`no C file is longer than ${MAX_LINES} lines`, () => {
  const long = cFiles.filter(({ text }) => text.split("\n").length - 1 > MAX_LINES);
  assertNone(long.map(({ path }) => path), "split these:");
});

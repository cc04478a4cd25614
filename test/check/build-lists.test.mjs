import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/paths.mjs";
import { sources } from "../lib/sources.mjs";
import { test } from "../lib/test.mjs";

const listed = (file) =>
  [...readFileSync(join(root, file), "utf8").matchAll(/^ {2}'([^']+)',$/gm)].map((m) => m[1]);

test("the build lists every source file", () => {
  const found = [
    ...sources(["src"], /\.c$/).map((f) => f.path),
    ...sources(["src/store/schema"], /\.sql$/).map((f) => f.path),
  ].filter((path) => path !== "src/main.c");
  assert.deepEqual(
    listed("src/meson.build").map((path) => `src/${path}`),
    found,
    "src/meson.build and the folder differ",
  );
});

test("the build lists every unit test", () => {
  const found = sources(["test/unit"], /^.*\/test_\w+\.c$/).map((f) => f.path);
  assert.deepEqual(
    listed("test/unit/meson.build").map((path) => `test/unit/${path}.c`),
    found,
    "test/unit/meson.build and the folder differ",
  );
});

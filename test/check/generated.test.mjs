import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { buildDir, root } from "../lib/paths.mjs";
import { test } from "../lib/test.mjs";

const GENERATED = "web/src/shared/websocket/generated.ts";

test(`${GENERATED} is what protocol.def says`, () => {
  const generator = `${buildDir}/tools/gen_ts`;
  const { status, stdout, stderr, error } = spawnSync(generator, { encoding: "utf8", maxBuffer: 1 << 24 });
  assert.ok(!error, `${generator} cannot be run: ./dev test builds it`);
  assert.equal(status, 0, stderr);
  const committed = readFileSync(`${root}/${GENERATED}`, "utf8");
  assert.equal(committed, stdout, `${GENERATED} is older: run ./dev fmt`);
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { root } from "../lib/paths.mjs";
import { test } from "../lib/test.mjs";

test("the scripts that a cold load needs before the sidebar are within their budget", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${root}/web/scripts/size.mjs`], { encoding: "utf8" });
  assert.equal(status, 0, `${stderr}${stdout}`);
});

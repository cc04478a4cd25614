/** The count of the tests decides what is shipped, so it is tested too. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { runSuite } from "../lib/runner.mjs";
import { parseTap } from "../lib/tap.mjs";
import { test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

function counts(lines) {
  const { passed, skipped, failures } = parseTap(lines.join("\n"));
  return { passed, skipped, failed: failures.map((failure) => failure.name) };
}

test("results are counted at the leaves", () => {
  const lines = ["# Subtest: a", "    ok 1 - x", "    ok 2 - y", "    1..2", "ok 1 - a", "ok 2 - b", "1..2"];
  assert.deepEqual(counts(lines), { passed: 3, skipped: 0, failed: [] });
});

test("a failed leaf counts once, however deep it is", () => {
  const lines = ["# Subtest: a", "    # Subtest: b", "        not ok 1 - x", "    not ok 1 - b", "not ok 1 - a"];
  assert.deepEqual(counts(lines), { passed: 0, skipped: 0, failed: ["a > b > x"] });
});

test("a parent that fails with good children counts as a failure", () => {
  const lines = ["# Subtest: a", "    ok 1 - x", "not ok 1 - a"];
  assert.deepEqual(counts(lines), { passed: 1, skipped: 0, failed: ["a"] });
});

test("what is skipped never counts as passed", () => {
  const lines = ["1..3", "ok 1 - a # SKIP why", "not ok 2 # SKIP b", "not ok 3 - c # TODO later"];
  assert.deepEqual(counts(lines), { passed: 0, skipped: 3, failed: [] });
});

test("a planned test without a result counts as a failure", () => {
  const { passed, failed } = counts(["1..2", "ok 1 - a"]);
  assert.equal(passed, 1);
  assert.equal(failed.length, 1);
});

test("cmocka's messages belong to the test that failed", () => {
  const { failures } = parseTap(["1..1", "not ok 1 - a", "# 1 != 2", "# f.c:7: error: Failure!"].join("\n"));
  assert.match(failures[0].detail, /f\.c:7/);
});

const shell = (script, kind = "tap") => ({ name: "sh", argv: ["sh", "-c", script], kind });
const run = (script, kind) =>
  runSuite("check-harness", { limitSeconds: 10, commands: () => [shell(script, kind)] });

test("a program that ends badly after good results fails", async () => {
  const { passed, failures } = await run("echo ok 1 - a; exit 23");
  assert.equal(passed, 1);
  assert.match(failures[0].name, /exit status 23/);
});

test("a program that is killed, or prints nothing, fails", async () => {
  const killed = await run("echo ok 1 - a; kill -9 $$");
  assert.match(killed.failures[0].name, /SIGKILL/);
  const silent = await run("true");
  assert.match(silent.failures[0].name, /no test result/);
});

test("a suite over its time limit fails, and all that it started is ended", async () => {
  const suite = { limitSeconds: 1, commands: () => [shell("echo ok 1 - a; sleep 60 & wait")] };
  const { failures, seconds } = await runSuite("check-harness", suite);
  assert.match(failures[0].name, /limit/);
  assert.ok(seconds < 9);
});

test("a suite without tests fails", async () => {
  const { failures } = await runSuite("check-harness", { limitSeconds: 1, commands: () => [] });
  assert.equal(failures.length, 1);
});

test("polls that ask for long let a server in their process answer", async (t) => {
  const server = createServer((_, response) => response.end("here")).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  let answered = false;
  const program = `fetch("http://127.0.0.1:${server.address().port}").then((answer) => answer.text()).then(console.log)`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.once("data", () => (answered = true));
  const ask = () => {
    for (const end = Date.now() + 30; Date.now() < end; );
    return answered;
  };
  await Promise.all([poll(ask, "an answer"), poll(ask, "an answer")]);
});

#!/usr/bin/env node
/**
 * Runs the test suites and counts: `node test/run.mjs [suite…]`, all of them by default.
 *
 * Prints a line for each suite, the whole story of what failed, a table, and at the very end
 * `N passed, N failed`. The exit status is 1 where anything failed. Everything that the programs
 * printed is kept in build/test-logs. What the suites are: lib/suites.mjs.
 */
import { suites, stages } from "./lib/suites.mjs";
import { runSuite, stopAll } from "./lib/runner.mjs";

process.exitCode = await main(process.argv.slice(2));

async function main(chosen) {
  const unknown = chosen.filter((name) => !(name in suites));
  if (unknown.length > 0) {
    const known = Object.keys(suites).join(", ");
    console.error(`There is no test suite called ${unknown.join(", ")}. The suites are: ${known}.`);
    return 2;
  }
  stopOnSignal();
  const done = [];
  for (const stage of stages) {
    const lanes = stage.map((lane) => lane.filter((name) => isChosen(chosen, name)));
    await Promise.all(lanes.map((lane) => runLane(lane, done)));
  }
  return report(done);
}

function isChosen(chosen, name) {
  return chosen.length === 0 || chosen.includes(name);
}

async function runLane(names, done) {
  for (const name of names) {
    const result = await runSuite(name, suites[name]);
    done.push(result);
    printSuite(result);
  }
}

function printSuite(result) {
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : "";
  const verdict = result.failures.length === 0 ? "ok  " : "FAIL";
  const counts = `${result.passed} passed, ${result.failures.length} failed${skipped}`;
  console.log(`${verdict} ${result.name}: ${counts} (${result.seconds.toFixed(1)} s)`);
  for (const failure of result.failures) {
    console.log(`\n  ---- ${result.name}: ${failure.name}`);
    console.log(indent(failure.detail.trimEnd()));
  }
  if (result.failures.length > 0) console.log("");
}

function report(done) {
  const order = Object.keys(suites);
  done.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  console.log("\nsuite          passed  failed  skipped  seconds");
  for (const result of done) {
    const cells = [result.passed, result.failures.length, result.skipped, result.seconds.toFixed(1)];
    const [passed, failed, skipped, seconds] = cells.map(String);
    const counts = `${passed.padStart(8)}${failed.padStart(8)}${skipped.padStart(9)}`;
    console.log(`${result.name.padEnd(13)}${counts}${seconds.padStart(9)}`);
  }
  const passed = done.reduce((sum, result) => sum + result.passed, 0);
  const failed = done.reduce((sum, result) => sum + result.failures.length, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function indent(text) {
  return text.replace(/^/gm, "  ");
}

function stopOnSignal() {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
      stopAll();
      console.error(`The tests were stopped by ${signal}.`);
      process.exit(1);
    });
  }
}

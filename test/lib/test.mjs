/**
 * node:test's `test`, with a time limit of a minute for each test unless it names another. A file
 * that keeps sockets or processes open after its last test fails, and says what it kept.
 */
import { after as afterAll, test as nodeTest } from "node:test";

const LIMIT_MS = 60_000;
const CLOSE_MS = 10_000;

export { after, afterEach, before, beforeEach, describe } from "node:test";

/**
 * @param {string} name
 * @param {import("node:test").TestOptions | import("node:test").TestFn} options
 * @param {import("node:test").TestFn} [fn]
 */
export function test(name, options, fn) {
  if (typeof options === "function") return nodeTest(name, { timeout: LIMIT_MS }, options);
  return nodeTest(name, { timeout: LIMIT_MS, ...options }, fn);
}

afterAll(() => {
  setTimeout(() => {
    const kept = process.getActiveResourcesInfo().join(", ");
    console.error(`This file still has open handles ${CLOSE_MS} ms after its last test: ${kept}`);
    process.exit(1);
  }, CLOSE_MS).unref();
});

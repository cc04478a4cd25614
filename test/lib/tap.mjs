/**
 * Reads TAP as cmocka, vitest and node:test print it and counts the tests at the leaves: a line that
 * sums up subtests is no test of its own, unless it fails where none of them did.
 */

const RESULT = /^(\s*)(not ok|ok)\b(?:\s+(\d+))?\s*(.*)$/;
const PLAN = /^(\s*)1\.\.(\d+)\s*(?:#.*)?$/;
/** What node:test sums up at the end. */
const SUMMARY = /^\s*# (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;
const NOISE = /\(node:internal|^\s*(node:internal|duration_ms:|location:)|AsyncResource\.run/;
const DETAIL_LIMIT = 8000;

/** @typedef {{name: string, detail: string}} Failure */

/**
 * @param {string} text everything the program printed
 * @returns {{passed: number, skipped: number, failures: Failure[]}}
 */
export function parseTap(text) {
  const reader = new TapReader();
  for (const line of text.split(/\r?\n/)) reader.line(line);
  return reader.finish();
}

class TapReader {
  #passed = 0;
  #skipped = 0;
  /** @type {Failure[]} */
  #failures = [];
  /** Results since the last one at a lesser indent, by indent. */
  #below = new Map();
  /** Of the outermost level; an inner plan is its own runner's business. */
  #planned = 0;
  #results = 0;
  #detail = null;
  #inYaml = false;
  #titles = [];

  line(line) {
    if (this.#inYaml) return this.#yaml(line);
    const result = RESULT.exec(line);
    if (result) return this.#result(result[1].length, result[2] === "ok", result[4]);
    const plan = PLAN.exec(line);
    if (plan && plan[1] === "") this.#planned += Number(plan[2]);
    if (plan) return;
    const title = /^(\s*)# Subtest: (.*)$/.exec(line);
    if (title) this.#titles[title[1].length / 4] = title[2];
    if (/^\s*---\s*$/.test(line)) this.#inYaml = true;
    else if (/^\s*Bail out!/.test(line)) this.#fail(line.trim());
    else if (/^\s*#/.test(line) && !title && !SUMMARY.test(line)) this.#addDetail(line.trim());
  }

  finish() {
    const missing = this.#planned - this.#results;
    if (missing > 0) this.#fail(`${missing} of ${this.#planned} planned tests have no result`);
    return { passed: this.#passed, skipped: this.#skipped, failures: this.#failures };
  }

  #result(indent, ok, rest) {
    if (indent === 0) this.#results += 1;
    this.#detail = null;
    const { name, skipped, todo } = readName(rest);
    const children = this.#takeChildren(indent);
    if (skipped) this.#skipped += 1;
    else if (ok && children.total === 0 && !todo) this.#passed += 1;
    else if (todo) this.#skipped += 1;
    else if (!ok && children.failed === 0) this.#fail(this.#path(indent, name));
    const mine = this.#below.get(indent) ?? { total: 0, failed: 0 };
    mine.total += 1;
    if ((!ok && !skipped && !todo) || children.failed > 0) mine.failed += 1;
    this.#below.set(indent, mine);
  }

  #takeChildren(indent) {
    const sum = { total: 0, failed: 0 };
    for (const [deeper, counts] of this.#below) {
      if (deeper <= indent) continue;
      sum.total += counts.total;
      sum.failed += counts.failed;
      this.#below.delete(deeper);
    }
    return sum;
  }

  #path(indent, name) {
    const parents = this.#titles.slice(0, Math.floor(indent / 4)).filter(Boolean);
    return [...parents, name].join(" > ");
  }

  #fail(name) {
    this.#detail = { name, detail: "" };
    this.#failures.push(this.#detail);
  }

  #yaml(line) {
    if (/^\s*\.\.\.\s*$/.test(line)) this.#inYaml = false;
    else this.#addDetail(line);
  }

  #addDetail(line) {
    if (this.#detail === null || this.#detail.detail.length > DETAIL_LIMIT) return;
    if (NOISE.test(line)) return;
    this.#detail.detail += `${line}\n`;
  }
}

function readName(rest) {
  const text = rest.replace(/^-\s*/, "");
  const directive = /(?:^|\s)#\s*(SKIP|TODO)\b/i.exec(text);
  const name = text.replace(/\s*#\s*(time=.*|(SKIP|TODO)\b.*)$/i, "").trim();
  const word = directive?.[1].toUpperCase();
  return { name: name || "(no name)", skipped: word === "SKIP", todo: word === "TODO" };
}

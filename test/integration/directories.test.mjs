/** GET /api/directories and GET /api/about: what a person chooses a project's directory from. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { http } from "../lib/http.mjs";
import { startMuster } from "../lib/muster.mjs";
import { rawHttp } from "../lib/raw.mjs";
import { after, before, test } from "../lib/test.mjs";

let muster;
let root;

before(async () => {
  muster = await startMuster(null);
  root = realpathSync(muster.dir);
});
after(() => muster.dispose());

/** Slashes stay as they are: a head of 8 KiB holds the longest path then. */
const encode = (path) => path.split("/").map(encodeURIComponent).join("/");
const ask = (path) => muster.api("GET", `/api/directories${path === undefined ? "" : `?path=${encode(path)}`}`);
const names = ({ body }) => body.directories.map(({ name }) => name);

function folders(name, ...below) {
  const dir = join(root, name);
  mkdirSync(dir);
  for (const one of below) mkdirSync(join(dir, one));
  return dir;
}

async function refused(path, status, code, words) {
  const answer = await ask(path);
  assert.deepEqual([answer.status, answer.body.error.code], [status, code], answer.text);
  assert.match(answer.body.error.message, words);
}

test("directories are listed in natural order, hidden ones last, files not at all", async () => {
  const dir = folders("order", "b10", "B9", "a", ".cache", "Zoo", "two\nlines");
  writeFileSync(join(dir, "file"), "");
  symlinkSync(root, join(dir, "link"));
  symlinkSync("loop", join(dir, "loop"));
  const answer = await ask(dir);
  assert.equal(answer.status, 200);
  assert.deepEqual(names(answer), ["a", "B9", "b10", "link", "two\nlines", "Zoo", ".cache"]);
  const { path, parent, truncated, directories } = answer.body;
  assert.deepEqual([path, parent, truncated], [dir, root, false]);
  assert.equal(directories[3].path, join(dir, "link"));
  const through = await ask(directories[3].path);
  assert.equal(through.body.path, root, "the real path");
});

test("home is where it begins, and the root has no parent", async () => {
  mkdirSync(join(muster.home, "work", "deep"), { recursive: true });
  for (const path of [undefined, "", "~", "~/", "~/work/.."]) {
    const { status, body } = await ask(path);
    assert.equal(status, 200);
    assert.equal(body.path, realpathSync(muster.home));
    assert.ok(body.directories.some(({ name }) => name === "work"));
  }
  assert.deepEqual(names(await ask("~/work")), ["deep"]);
  const top = (await ask("/")).body;
  assert.deepEqual([top.path, top.parent], ["/", null]);
  assert.ok(top.directories.some(({ path }) => path === "/proc"));
  assert.equal((await ask("/proc")).body.parent, "/");
  assert.equal((await ask("/../../..")).body.path, "/");
});

test("a directory with more than the limit says so", async () => {
  const many = Array.from({ length: 1001 }, (_, i) => `d${i}`);
  const dir = folders("many", ...many.slice(0, 1000));
  let answer = await ask(dir);
  assert.deepEqual([answer.body.directories.length, answer.body.truncated], [1000, false]);
  mkdirSync(join(dir, many[1000]));
  answer = await ask(dir);
  assert.deepEqual([answer.body.directories.length, answer.body.truncated], [1000, true]);
  assert.equal(answer.body.directories[999].name, "d999");
});

test("what is no directory is refused with a sentence that names it and says why", async () => {
  const dir = folders("wrong");
  writeFileSync(join(dir, "file"), "");
  symlinkSync("b", join(dir, "a"));
  symlinkSync("a", join(dir, "b"));
  await refused(join(dir, "none"), 422, "PATH_INVALID", /wrong\/none: there is no such directory\./);
  await refused(join(dir, "file"), 422, "PATH_INVALID", /wrong\/file is not a directory\./);
  await refused(join(dir, "file", "x"), 422, "PATH_INVALID", /a part of it is not a directory\./);
  await refused(join(dir, "a"), 422, "PATH_INVALID", /links lead in a circle\./);
  for (const path of ["tmp", "../tmp", "~root", "./~"]) {
    await refused(path, 422, "PATH_INVALID", /must be absolute/);
  }
  await refused(`/${"x".repeat(4094)}`, 422, "PATH_INVALID", /name too long/);
  await refused(`/${"x/".repeat(2047)}`, 422, "PATH_INVALID", /no such directory/);
  await refused(`/${"x".repeat(4095)}`, 413, "TOO_LARGE", /at most 4095 bytes/);
});

test("a directory that may not be read is refused", async (t) => {
  if (process.getuid() === 0) return t.skip("root may read everything");
  const dir = folders("closed");
  chmodSync(dir, 0o000);
  await refused(dir, 422, "PATH_INVALID", /closed may not be read by muster's user\./);
  chmodSync(dir, 0o700);
});

test("bytes that are no path are refused, and a query beyond the head's limit", async () => {
  const raw = (query) => muster.api("GET", `/api/directories?${query}`);
  for (const query of ["path=%00", "path=/tmp%00/x", "path=%2", "path[]=/tmp"]) {
    const { status, body } = await raw(query);
    assert.deepEqual([status, body.error.code], [422, "PATH_INVALID"], query);
  }
  const bad = await raw("path=/%ff%fe");
  assert.deepEqual([bad.status, bad.body.error.message], [422, "The path is not valid UTF-8."]);
  const head = `GET /api/directories?path=/${"a".repeat(1 << 20)} HTTP/1.1\r\nHost: 127.0.0.1:${muster.port}\r\n\r\n`;
  assert.equal((await rawHttp(null, muster.port, head).catch(() => ({ status: 431 }))).status, 431);
});

test("a directory is not listed for who is not signed in, and takes no other method", async () => {
  assert.equal((await http(muster.url, { path: "/api/directories" })).status, 401);
  assert.equal((await http(muster.url, { path: "/api/about" })).status, 401);
  assert.equal((await muster.api("POST", "/api/directories", {})).status, 405);
  const head = await muster.api("HEAD", "/api/directories");
  assert.deepEqual([head.status, head.text], [200, ""]);
});

test("many lookups at once are all answered", async () => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask("/")));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
});

test("a project is refused with the same sentences", async () => {
  const path = join(root, "nowhere");
  const listed = await ask(path);
  const made = await muster.api("POST", "/api/projects", { path });
  assert.deepEqual([made.status, made.body], [listed.status, listed.body]);
});

test("about says which muster this is, and where its data and its home are", async () => {
  const { status, body } = await muster.api("GET", "/api/about");
  assert.equal(status, 200);
  assert.match(body.version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual([body.data_dir, body.home], [muster.dataDir, muster.home]);
  const age = Date.now() - Date.parse(body.started_at);
  assert.ok(age >= 0 && age < 600_000, body.started_at);
});

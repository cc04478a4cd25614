/** GET /api/projects/:id/files: a project's files by a few letters of their paths. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { http } from "../lib/http.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before, test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

let muster;
let made = 0;

before(async () => {
  muster = await startMuster(null);
});
after(() => muster.dispose());

/** A directory with files, and the project that it is. */
async function project(...files) {
  const dir = join(muster.dir, `project-${(made += 1)}`);
  for (const file of files) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), "");
  }
  mkdirSync(dir, { recursive: true });
  const { id } = await muster.ok("POST", "/api/projects", { path: dir });
  return { dir, id };
}

const git = (dir, ...args) => {
  const { status, stderr } = spawnSync("git", ["-C", dir, "-c", "user.name=x", "-c", "user.email=x@x", ...args]);
  assert.equal(status, 0, `${stderr}`);
};
const ask = ({ id }, query, server = muster) =>
  server.api("GET", `/api/projects/${id}/files${query === undefined ? "" : `?query=${encodeURIComponent(query)}`}`);
const find = async (one, query, server) => {
  const { status, body, text } = await ask(one, query, server);
  assert.equal(status, 200, text);
  return body.files;
};

test("the best match comes first, whatever its folder", async () => {
  const one = await project("src/server/api.c", "src/api/index.ts", "docs/api.md", "docs/apiary/x.md", "other.c");
  assert.deepEqual(await find(one, "api"), ["docs/api.md", "src/server/api.c", "docs/apiary/x.md", "src/api/index.ts"]);
  assert.deepEqual(await find(one, "SRVAPI"), ["src/server/api.c"]);
  assert.deepEqual(await find(one, "nothing like this"), []);
});

test("without a query the shallowest files come", async () => {
  const one = await project("b", "a10", "a9", "x/y/z", "x/y.txt", "B2");
  for (const query of [undefined, ""]) {
    assert.deepEqual(await find(one, query), ["a9", "a10", "b", "B2", "x/y.txt", "x/y/z"]);
  }
});

test("no more than the limit is answered", async () => {
  const one = await project(...Array.from({ length: 120 }, (_, i) => `dir/f${i}`));
  const { body } = await ask(one, "f");
  assert.deepEqual([body.files.length, body.truncated], [50, false]);
  assert.deepEqual(body.files.slice(0, 3), ["dir/f0", "dir/f1", "dir/f2"]);
});

test("in a work tree, what git ignores is left out, what is new is found, what is gone is not", async () => {
  const one = await project("src/a.c", "src/gone.c", "build/out.o", "new.txt", "node_modules/m/index.js", ".github/ci.yml", "café\n.md");
  writeFileSync(join(one.dir, ".gitignore"), "build/\nnode_modules/\n");
  git(one.dir, "init", "-q");
  git(one.dir, "add", "src", ".gitignore", "-f");
  git(one.dir, "commit", "-qm", "one");
  rmSync(join(one.dir, "src/gone.c"));
  const files = await find(one, "");
  assert.deepEqual(files, [".gitignore", "café\n.md", "new.txt", ".github/ci.yml", "src/a.c"]);
});

test("a project in a part of a work tree has the paths below it alone", async () => {
  const top = await project("top.c", "part/inner.c", "part/skipped.o");
  writeFileSync(join(top.dir, ".gitignore"), "*.o\n");
  git(top.dir, "init", "-q");
  const { id } = await muster.ok("POST", "/api/projects", { path: join(top.dir, "part") });
  assert.deepEqual(await find({ id }, ""), ["inner.c"]);
});

test("a project that its work tree ignores, and one without a work tree, are walked", async () => {
  const top = await project("mine/a.c", "mine/node_modules/m.js", "mine/.cache/x", "mine/.env", "mine/sub/b.c");
  const expected = [".env", "a.c", "sub/b.c"];
  const { id } = await muster.ok("POST", "/api/projects", { path: join(top.dir, "mine") });
  assert.deepEqual(await find({ id }, ""), expected);
  const other = await project("mine/a.c", "mine/.env", "mine/sub/b.c");
  writeFileSync(join(other.dir, ".gitignore"), "mine/\n");
  git(other.dir, "init", "-q");
  const ignored = await muster.ok("POST", "/api/projects", { path: join(other.dir, "mine") });
  assert.deepEqual(await find(ignored, ""), expected);
});

test("a repository cannot have a program of its own run", async () => {
  const one = await project("a.c");
  const sign = join(muster.dir, "was-run");
  const hook = join(one.dir, "hook.sh");
  writeFileSync(hook, `#!/bin/sh\ntouch ${sign}\n`);
  chmodSync(hook, 0o755);
  git(one.dir, "init", "-q");
  git(one.dir, "config", "core.fsmonitor", hook);
  git(one.dir, "config", "core.hooksPath", one.dir);
  assert.deepEqual(await find(one, ""), ["a.c", "hook.sh"]);
  assert.throws(() => readFileSync(sign), /ENOENT/);
});

test("the server's own git environment does not mislead it", async (t) => {
  const elsewhere = await project("elsewhere.c");
  git(elsewhere.dir, "init", "-q");
  const env = { GIT_DIR: join(elsewhere.dir, ".git"), GIT_WORK_TREE: elsewhere.dir };
  const server = await startMuster(t, { env });
  writeFileSync(join(server.project, "here.c"), "");
  const { id } = await server.ok("POST", "/api/projects", { path: server.project });
  assert.deepEqual(await find({ id }, "", server), ["here.c"]);
});

test("without git in PATH a project is walked", async (t) => {
  const server = await startMuster(t, { env: { PATH: "/nowhere" } });
  writeFileSync(join(server.project, "here.c"), "");
  const { id } = await server.ok("POST", "/api/projects", { path: server.project });
  assert.deepEqual(await find({ id }, "h", server), ["here.c"]);
});

for (const tree of [true, false]) {
  test(`links that lead out or in a circle are not followed, ${tree ? "in" : "without"} a work tree`, async () => {
    const one = await project("real/a.c");
    writeFileSync(join(muster.dir, "secret.txt"), "");
    symlinkSync("..", join(one.dir, "up"));
    symlinkSync("../secret.txt", join(one.dir, "secret.txt"));
    symlinkSync(join(muster.dir, "secret.txt"), join(one.dir, "absolute.txt"));
    symlinkSync("loop", join(one.dir, "loop"));
    symlinkSync(".", join(one.dir, "real/self"));
    symlinkSync("real/a.c", join(one.dir, "inside.c"));
    if (tree) git(one.dir, "init", "-q");
    assert.deepEqual(await find(one, ""), ["inside.c", "real/a.c"]);
  });
}

test("names with newlines, spaces and marks come as they are; one that is not UTF-8 does not", async () => {
  const odd = ["two\nlines.txt", 'quote".txt', "back\\slash", "tab\t.txt", "日本語.md", "-rf", "$(touch x)"];
  const one = await project(...odd);
  writeFileSync(Buffer.concat([Buffer.from(`${one.dir}/bad`), Buffer.from([0xff])]), "");
  assert.deepEqual((await find(one, "")).sort(), [...odd].sort());
  assert.deepEqual(await find(one, "日本"), ["日本語.md"]);
  assert.deepEqual(await find(one, "o\nl"), ["two\nlines.txt"]);
});

test("typing asks for the files once; what was made since is found a few seconds later", async (t) => {
  const bin = join(muster.dir, "counting");
  const count = join(muster.dir, "count");
  mkdirSync(bin);
  writeFileSync(join(bin, "git"), `#!/bin/sh\necho x >>${count}\nprintf 'a.c\\0ab.c\\0'\n`);
  chmodSync(join(bin, "git"), 0o755);
  const server = await startMuster(t, { path: [bin] });
  for (const name of ["a.c", "ab.c"]) writeFileSync(join(server.project, name), "");
  const { id } = await server.ok("POST", "/api/projects", { path: server.project });
  const answers = await Promise.all(["", "a", "ab", "abc", "x"].map((query) => find({ id }, query, server)));
  assert.deepEqual(answers, [["a.c", "ab.c"], ["a.c", "ab.c"], ["ab.c"], ["ab.c"], []]);
  assert.equal(readFileSync(count, "utf8"), "x\n");
  writeFileSync(join(bin, "git"), "#!/bin/sh\nprintf 'new.c\\0'\n");
  writeFileSync(join(server.project, "new.c"), "");
  await poll(async () => (await find({ id }, "new", server)).length === 1, "the new file to be found");
});

test("a git that does not end is ended, and what it has printed is taken", async (t) => {
  const bin = join(muster.dir, "hanging");
  mkdirSync(bin);
  writeFileSync(join(bin, "git"), "#!/bin/sh\nprintf 'a.c\\0half'\nexec sleep 600\n");
  chmodSync(join(bin, "git"), 0o755);
  const server = await startMuster(t, { path: [bin] });
  for (const name of ["a.c", "half"]) writeFileSync(join(server.project, name), "");
  const { id } = await server.ok("POST", "/api/projects", { path: server.project });
  const { body } = await ask({ id }, "", server);
  assert.deepEqual(body, { files: ["a.c"], truncated: true });
  const home = await server.ok("POST", "/api/projects", { path: server.home });
  const waits = ask(home, "", server).then(({ status }) => status, () => 503);
  await server.ok("GET", "/api/about");
  await server.stop();
  assert.equal(await waits, 503, "a stop does not wait for git");
});

test("a project whose directory is gone is refused with a sentence", async () => {
  const one = await project("a.c");
  rmSync(one.dir, { recursive: true });
  const { status, body } = await ask(one, "a");
  assert.deepEqual([status, body.error.code], [422, "PATH_INVALID"]);
  assert.match(body.error.message, /there is no such directory/);
});

test("what is no search is refused", async () => {
  const one = await project("a.c");
  const raw = async (query, id = one.id) => {
    const { status, body } = await muster.api("GET", `/api/projects/${id}/files?${query}`);
    return [status, body.error?.code];
  };
  assert.deepEqual(await raw("query=%00"), [422, "INVALID_FIELD"]);
  assert.deepEqual(await raw("query=%zz"), [422, "INVALID_FIELD"]);
  assert.deepEqual(await raw(`query=${"a".repeat(257)}`), [413, "TOO_LARGE"]);
  assert.deepEqual(await raw(`query=${"a".repeat(256)}`), [200, undefined]);
  assert.equal((await raw(`query=${"a".repeat(1 << 20)}`).catch(() => [431]))[0], 431);
  assert.deepEqual(await raw("query=a", "none"), [404, "PROJECT_NOT_FOUND"]);
  assert.deepEqual(await raw("query=../../etc/passwd"), [200, undefined]);
  assert.deepEqual(await raw("query=%ff%fe"), [200, undefined]);
  assert.equal((await http(muster.url, { path: `/api/projects/${one.id}/files` })).status, 401);
});

test("a project with more files than are looked at says so, and other requests are answered meanwhile", async (t) => {
  const bin = join(muster.dir, "printing");
  mkdirSync(bin);
  const print = 'i=0; seq -f "some/folder/of/the/project/file-number-%.0f.txt" 60000 | tr "\\n" "\\0"';
  writeFileSync(join(bin, "git"), `#!/bin/sh\n${print}\n`);
  chmodSync(join(bin, "git"), 0o755);
  const server = await startMuster(t, { path: [bin] });
  mkdirSync(join(server.project, "some/folder/of/the/project"), { recursive: true });
  writeFileSync(join(server.project, "some/folder/of/the/project/file-number-777.txt"), "");
  const { id } = await server.ok("POST", "/api/projects", { path: server.project });
  const searches = Promise.all(["filenumber777.txt", "number777", "777"].map((query) => ask({ id }, query, server)));
  let answered = 0;
  let done = false;
  searches.finally(() => (done = true));
  while (!done) {
    await server.ok("GET", "/api/about");
    answered += 1;
  }
  for (const { status, body } of await searches) {
    assert.equal(status, 200);
    assert.equal(body.truncated, true);
    assert.deepEqual(body.files, ["some/folder/of/the/project/file-number-777.txt"]);
  }
  assert.ok(answered > 3, `${answered} other requests were answered meanwhile`);
});

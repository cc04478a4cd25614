/** A file system that does not answer holds up nothing but those who ask for it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMuster } from "../lib/muster.mjs";
import { test } from "../lib/test.mjs";

/**
 * The C library's realpath, but it never comes back from a path with "hanging" in it; on the server's
 * loop, from one with "slow" in it.
 */
const LIBRARY = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>
char *realpath(const char *path, char *out)
{
    char *(*real)(const char *, char *) = dlsym(RTLD_NEXT, "realpath");
    while (strstr(path, "hanging") || (gettid() == getpid() && strstr(path, "slow")))
        pause();
    return real(path, out);
}
`;

async function start(t) {
  const dir = mkdtempSync(join(tmpdir(), "muster-disk-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const library = join(dir, "slow.so");
  writeFileSync(join(dir, "slow.c"), LIBRARY);
  const { status, stderr } = spawnSync("cc", ["-shared", "-fPIC", "-o", library, join(dir, "slow.c"), "-ldl"]);
  assert.equal(status, 0, `${stderr}`);
  // What the process leaves behind when it cannot wait for a thread is no leak to look for.
  const env = { LD_PRELOAD: library, ASAN_OPTIONS: "verify_asan_link_order=0:detect_leaks=0" };
  const muster = await startMuster(t, { env });
  mkdirSync(join(muster.dir, "fine"));
  return muster;
}

const look = (muster, path) => muster.api("GET", `/api/directories?path=${path}`);

test("who asks for a hanging directory is answered, the others are, and the server ends when it is told to", async (t) => {
  const muster = await start(t);
  const { sessionId } = await muster.newSession("shell");
  const project = muster.api("POST", "/api/projects", { path: "/hanging/1" });
  const hanging = [project, look(muster, "/hanging/2")];
  const waits = look(muster, join(muster.dir, "fine"));
  assert.equal((await muster.api("GET", "/api/about")).status, 200, "what needs no disk is answered at once");
  await muster.ok("POST", `/api/sessions/${sessionId}/messages`, { id: "1", text: "echo fine" });
  for (const { status, body } of await Promise.all(hanging)) {
    assert.deepEqual([status, body.error.code], [422, "PATH_INVALID"]);
    assert.match(body.error.message, /^\/hanging\/[12]: its file system did not answer within 10 seconds\./);
  }
  const refused = await waits;
  assert.deepEqual([refused.status, refused.body.error.code], [429, "LIMIT_REACHED"]);
  assert.deepEqual(await muster.stop().then(({ code, signal }) => [code, signal]), [0, null]);
  assert.ok(muster.log.items.some(({ event }) => event === "lookups_left"), muster.logText());
  await muster.start();
  const answer = await look(muster, realpathSync(muster.dir));
  assert.ok(answer.body.directories.some(({ name }) => name === "fine"));
  assert.equal((await muster.ok("GET", `/api/sessions/${sessionId}`)).id, sessionId, "nothing was lost");
});

test("a project's directory is looked at off the loop, and only there", async (t) => {
  const muster = await start(t);
  const path = join(realpathSync(muster.dir), "slow");
  mkdirSync(path);
  assert.equal((await muster.ok("POST", "/api/projects", { path })).path, path);
  await muster.ok("GET", "/api/about");
});

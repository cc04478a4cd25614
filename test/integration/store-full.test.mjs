/** A disk that is full, or a limit on the size of files: what is refused is said, what is shown is stored, and it goes on. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeGate } from "../lib/gate.mjs";
import { canMount, startMuster } from "../lib/muster.mjs";
import { test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";

const lines = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => `${from + at}\n`).join("");
const counter = (gate) =>
  `exec 3<${gate.path}; while read -r a b <&3; do [ $a = end ] && exit $b; seq $a $b; done`;

/** Takes all the space there is. */
function fill(path) {
  const fd = openSync(path, "w");
  for (let size = 1 << 16; size >= 1;) {
    try {
      if (writeSync(fd, Buffer.alloc(size)) < size) size >>= 1;
    } catch (error) {
      if (error.code !== "ENOSPC") throw error;
      size >>= 1;
    }
  }
  closeSync(fd);
}

function limitFileSize(pid, bytes) {
  const { status, stderr } = spawnSync("prlimit", ["--pid", `${pid}`, `--fsize=${bytes}:unlimited`], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
}

/** Makes sessions until one is refused; resolves with the refusal and the ids of those that were made. */
async function createUntilRefused(muster, projectId) {
  const made = [];
  for (let times = 0; times < 200; times += 1) {
    const answer = await muster.api("POST", `/api/projects/${projectId}/sessions`, { agent: "shell" });
    if (answer.status >= 300) return { answer, made };
    made.push(answer.body.id);
  }
  throw new Error("nothing was refused");
}

const cases = [
  {
    name: "the disk is full",
    skip: () => !canMount() && "this user may not mount a file system of its own",
    options: { tmpfs: "6m" },
    code: "STORE_FULL",
    status: 507,
    fail: (muster) => fill(join(muster.dataFolder, "filler")),
    heal: (muster) => rmSync(join(muster.dataFolder, "filler")),
  },
  {
    name: "no file may grow",
    skip: () => false,
    options: {},
    code: "STORE_FULL",
    status: 507,
    fail: (muster) => limitFileSize(muster.pid, 1),
    heal: (muster) => limitFileSize(muster.pid, "unlimited"),
  },
];

for (const { name, skip, options, code, status, fail, heal } of cases) {
  test(
    `${name}: changes are refused and not shown, and all goes on when that is over`,
    { skip: skip() },
    async (t) => {
      const muster = await startMuster(t, options);
      const { session, projects, projectId, folder, verify } = await openRoom(t, muster);
      const other = await openRoom(t, muster);
      const gate = makeGate(t, muster.dir);
      await session.send(counter(gate));
      gate.open("1 200");
      await session.shows(/\n200\n$/);
      await fail(muster);

      const { answer, made } = await createUntilRefused(muster, projectId);
      assert.equal(answer.status, status);
      assert.equal(answer.body.error.code, code);
      assert.match(answer.body.error.message, /nothing was changed/);
      const mark = join(folder, "was-run");
      const refused = await other.session.channel.push("send_message", {
        id: "refused",
        text: `: > ${mark}`,
      });
      assert.equal(refused.status, "error");
      assert.equal(refused.response.code, code);
      const renamed = await muster.api("PATCH", `/api/sessions/${session.id}`, { name: "Another name" });
      assert.equal(renamed.status, status);
      const removed = await muster.api("DELETE", `/api/sessions/${session.id}`);
      assert.equal(removed.status, status);
      gate.open("201 3000");
      assert.equal((await muster.api("GET", "/healthz")).status, 200, "it answers");
      await projects.until(
        () => made.every((id) => projects.sessions.has(id)),
        "the sessions that were made",
      );
      assert.equal(session.row.name.startsWith("exec 3<"), true, session.row.name);
      assert.equal(session.state, "working");
      assert.equal(other.session.said.length, 0);
      await verify(); // what is shown is what is stored
      await other.verify();

      await heal(muster);
      await session.shows(/\n3000\n$/);
      assert.ok(!existsSync(mark), "what was refused was not run");
      await other.session.send(`: > ${mark}; echo ran`, "refused");
      await other.session.turnEnded();
      assert.ok(existsSync(mark));
      assert.equal(other.session.text(), "ran\n");
      gate.open("3001 3100");
      gate.open("end 0");
      await session.turnEnded();
      assert.equal(session.state, "idle");
      assert.ok(session.text() === lines(1, 3100), `the transcript has ${session.text().length} characters`);
      const next = await muster.ok("POST", `/api/projects/${projectId}/sessions`, { agent: "shell" });
      await projects.until(() => projects.sessions.has(next.id), "the next session");
      await verify();
      await other.verify();
    },
  );

  test(`${name} while turns end: their ends are not lost`, { skip: skip() }, async (t) => {
    const muster = await startMuster(t, options);
    const { session, verify } = await openRoom(t, muster);
    const gate = makeGate(t, muster.dir);
    await session.send(`echo begin; ${gate.wait}; echo the end >&2; exit 6`);
    await session.shows("begin\n");
    await fail(muster);
    gate.open();
    await muster.waitLog("commit_failed", "a commit to fail");
    assert.equal(session.state, "working");
    await heal(muster);
    await session.turnEnded();
    assert.equal(session.state, "error");
    assert.equal(session.row.error_message, "exit 6: the end");
    assert.equal(session.text(), "begin\nthe end\n");
    await verify();
  });
}

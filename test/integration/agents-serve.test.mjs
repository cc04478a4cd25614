/** What an agent asks of its host over ACP: files and terminals inside the project's folder. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answers, calls, fakeAcpHost } from "../lib/fake-acp-host.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startMuster } from "../lib/muster.mjs";
import { isAlive } from "../lib/processes.mjs";
import { describe, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

async function start(t) {
  const folder = mkdtempSync(join(tmpdir(), "muster-serve-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const muster = await startMuster(t, { env: fakeAcpHost(folder).env });
  return { muster, ...(await openRoom(t, muster, { agent: "opencode" })) };
}

describe("serve", { concurrency: 2 }, () => {
  test("files of the project are read and written, and no others", async (t) => {
    const { session, folder, verify } = await start(t);
    symlinkSync("..", join(folder, "up"));
    writeFileSync(join(folder, "..", "secret"), "secret");
    const at = (name) => join(folder, name);
    await session.turn(
      calls(
        ["fs/write_text_file", { path: at("src/new.txt"), content: "one\ntwo é\nthree\n" }],
        ["fs/read_text_file", { path: at("src/new.txt"), line: 2, limit: 1 }],
        ["fs/read_text_file", { path: at("../secret") }],
        ["fs/read_text_file", { path: at("up/secret") }],
        ["fs/write_text_file", { path: at("up/secret"), content: "mine" }],
        ["fs/read_text_file", { path: "/etc/hostname" }],
      ),
    );
    assert.equal(session.state, "idle");
    const [written, read, ...refused] = answers(session).map(([, answer]) => answer);
    assert.deepEqual(written, {});
    assert.deepEqual(read, { content: "two é\n" });
    for (const sentence of refused) assert.match(sentence, /leads out of the project's directory/);
    assert.equal(readFileSync(at("src/new.txt"), "utf8"), "one\ntwo é\nthree\n");
    assert.equal(readFileSync(at("../secret"), "utf8"), "secret");
    await verify();
  });

  test("a terminal: output, exit, release, and what cannot be run", async (t) => {
    const { session, muster, folder, verify } = await start(t);
    await session.turn(
      calls(
        ["terminal/create", { command: "pwd; echo error >&2; exit 3" }],
        ["terminal/wait_for_exit"],
        ["terminal/output"],
        ["terminal/release"],
        ["terminal/output"],
        ["terminal/create", { command: "no-such-program", args: ["x"] }],
        ["terminal/create", { command: "true", cwd: "/" }],
      ),
    );
    const [created, exit, output, released, gone, missing, outside] = answers(session).map(([, answer]) => answer);
    assert.match(created.terminalId, /^[0-9a-f-]{36}$/);
    assert.deepEqual(exit, { exitCode: 3, signal: null });
    assert.deepEqual(output, { output: `${folder}\nerror\n`, truncated: false, exitStatus: exit });
    assert.deepEqual(released, {});
    assert.match(gone, /no such terminal/);
    assert.match(missing, /no-such-program: not found in PATH/);
    assert.match(outside, /leads out of the project's directory/);
    assert.equal(muster.holders().length, 1, "the agent's own");
    await verify();
  });

  test("the server is killed while an agent waits for a command: it runs on, once, and the answer comes", async (t) => {
    const { session, muster, folder, verify } = await start(t);
    const gate = makeGate(t, muster.dir);
    const ran = join(folder, "ran");
    await session.send(
      calls(
        ["terminal/create", { command: `echo x >> ran; echo begun; ${gate.wait}; echo end` }],
        ["terminal/wait_for_exit"],
        ["terminal/output"],
        ["terminal/release"],
      ),
    );
    await poll(() => existsSync(ran), "the command to run");
    for (let round = 0; round < 3; round += 1) await muster.restart({ signal: "SIGKILL" });
    await muster.kill9();
    gate.open();
    await muster.start();
    await session.becomes("idle");
    const [, exit, output] = answers(session).map(([, answer]) => answer);
    assert.deepEqual(exit, { exitCode: 0, signal: null });
    assert.equal(output.output, "begun\nend\n");
    assert.equal(answers(session).length, 4, "each call is answered once");
    assert.equal(readFileSync(ran, "utf8"), "x\n");
    await verify();
  });

  test("the server is killed as soon as a command is asked for: it is run once", async (t) => {
    const { session, muster, folder, verify } = await start(t);
    for (let round = 1; round <= 5; round += 1) {
      await session.send(
        calls(["terminal/create", { command: `echo ${round} >> ran` }], ["terminal/wait_for_exit"]),
      );
      await new Promise((resolve) => setTimeout(resolve, round * 12)); // another moment each time
      await muster.restart({ signal: "SIGKILL" });
      await session.until(() => session.state === "idle" && answers(session).length === 2 * round, `turn ${round}`);
    }
    assert.equal(readFileSync(join(folder, "ran"), "utf8"), "1\n2\n3\n4\n5\n");
    await verify();
  });

  test("a deleted session takes its terminals along", async (t) => {
    const { session, muster, folder } = await start(t);
    const pid = join(folder, "pid");
    const command = `setsid sh -c 'echo $$ > pid; exec tail -f /dev/null' & exec tail -f /dev/null`;
    await session.send(calls(["terminal/create", { command }], ["terminal/wait_for_exit"]));
    await poll(() => existsSync(pid) && readFileSync(pid, "utf8").trim(), "the command to run");
    const left = Number(readFileSync(pid, "utf8"));
    assert.ok(isAlive(left));
    await muster.ok("DELETE", `/api/sessions/${session.id}`);
    await poll(() => !isAlive(left), "what the command had started to end");
    await poll(() => muster.holders().length === 0, "the holders to end");
  });
});

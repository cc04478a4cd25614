/**
 * The ladder of a cancel, each rung with its bound: interrupt over the protocol → close stdin → TERM
 * → KILL. The agents are scripts that ignore the rungs up to a certain one and note what reached them.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Muster } from "../lib/muster.mjs";
import { describe, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";

const RUNG_MS = 5000;
const SLACK_MS = 4000;
const TURN_ENDS = '{"type":"result","subtype":"success","is_error":false,"result":"done","session_id":"s"}';

/** Notes in the file NOTES what comes; `ends` says at which of interrupt, eof, TERM it gives in. */
const agent = (notes, ends) => `#!/bin/sh
[ "$1" != --version ] || { echo '9.9.9 (Claude Code)'; exit; }
trap 'echo TERM >> ${notes}; ${ends === "TERM" ? "exit" : ":"}' TERM
while read -r line; do
  case $line in
  *'"control_request"'*)
    id=\${line#*'"request_id":"'}
    printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\\n' "\${id%%'"'*}"
    case $line in *interrupt*) echo interrupt >> ${notes}; ${ends === "interrupt" ? `echo '${TURN_ENDS}'` : ":"} ;; esac ;;
  *'"type":"user"'*) echo prompt >> ${notes} ;;
  esac
done
echo eof >> ${notes}
${ends === "eof" ? "exit 0" : "while :; do sleep 0.1; done"}
`;

async function startWith(t, ends) {
  const muster = new Muster({});
  t.after(() => muster.dispose());
  const notes = join(muster.dir, "notes");
  const command = join(muster.dir, "agent");
  writeFileSync(command, agent(notes, ends), { mode: 0o755 });
  writeFileSync(notes, "");
  mkdirSync(muster.dataDir, { recursive: true });
  writeFileSync(join(muster.dataDir, "agents.json"), JSON.stringify({ agents: [{ id: "fake", command, dialect: "claude" }] }));
  await muster.start();
  const room = await openRoom(t, muster, { agent: "fake" });
  const noted = () => readFileSync(notes, "utf8").trim().split("\n");
  await room.session.send("work");
  await poll(() => noted().includes("prompt"), "the prompt to arrive");
  return { muster, noted, ...room };
}

describe("the ladder of a cancel", { concurrency: 4 }, () => {
  for (const [at, ends] of ["interrupt", "eof", "TERM", "KILL"].entries()) {
    test(`an agent that gives in at ${ends} has got nothing beyond it, and in time`, async (t) => {
      const { muster, noted, session } = await startWith(t, ends);
      const begun = Date.now();
      await session.cancel();
      const { cancelled } = await session.turnEnded(at * RUNG_MS + SLACK_MS);
      const took = Date.now() - begun;
      assert.equal(cancelled, true);
      assert.equal(session.state, "idle");
      assert.ok(took >= at * RUNG_MS - 200, `it took ${took} ms`);
      assert.deepEqual(noted(), ["prompt", "interrupt", "eof", "TERM"].slice(0, Math.min(at + 2, 4)));
      if (ends !== "interrupt") await poll(() => muster.holders().length === 0, "the holder to end");
    });
  }

  test("a server that is killed on the ladder goes on with it", async (t) => {
    const { muster, noted, session } = await startWith(t, "TERM");
    await session.cancel();
    await poll(() => noted().includes("eof"), "stdin to be closed");
    await muster.restart({ signal: "SIGKILL" });
    assert.equal((await session.turnEnded()).cancelled, true);
    assert.deepEqual(noted(), ["prompt", "interrupt", "eof", "TERM"]);
    await poll(() => muster.holders().length === 0, "the holder to end");
  });
});

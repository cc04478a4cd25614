/** Why a turn of Claude Code failed: each cause with the real program, as a sentence that says what to do. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { claudePath, requireClaude } from "../lib/claude.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before, describe, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
/** @type {import("../lib/model-server.mjs").ModelServer} */
let model;
before(async () => {
  requireClaude();
  model = await startModelServer();
  muster = await startMuster(null, { model });
});
after(async () => {
  await muster.dispose();
  await model.close();
});

/** A turn that must end in error; the next one must be good where it can be. */
async function fails(t, server, { prompt, options, says, again = true }) {
  const { session, projects, verify } = await openRoom(t, server, { agent: "claude", options });
  const done = await session.turn(prompt, 60_000);
  assert.equal(session.state, "error");
  assert.equal(done.cancelled, false);
  assert.equal(done.error_message, session.row.error_message);
  assert.equal(projects.sessions.get(session.id).error_message, session.row.error_message);
  for (const words of says) assert.match(session.row.error_message, words);
  assert.deepEqual(session.said.at(-1), ["error", session.row.error_message]);
  if (again) {
    await session.turn("good again");
    assert.equal(session.state, "idle", session.row.error_message);
    assert.match(session.text(), /Fake answer to: good again$/);
  }
  await verify();
}

const CAUSES = {
  "400: the request is not accepted": {
    prompt: "[[error:400]] x",
    says: [/API Error: 400 Fake error 400\./, /Word the message in another way, or begin a new session\.$/],
  },
  "400: the prompt is too long": {
    prompt: "[[error:400 prompt is too long: 210000 tokens > 200000 maximum]] x",
    says: [/[Pp]rompt is too long/, /Send \/compact to have the conversation summed up, or begin a new session\.$/],
  },
  "401: the key is refused": {
    prompt: "[[error:401]] x",
    says: [/Failed to authenticate\. API Error: 401/, /Check the API key, or log in again: run `claude`/],
  },
  "403: the account may not": {
    prompt: "[[error:403]] x",
    says: [/403/, /The account may not use this\. Check the API key and the plan\.$/],
  },
  "413: too large": { prompt: "[[error:413]] x", says: [/Request too large/, /Send less, or smaller files\.$/] },
  "429: too many requests": {
    prompt: "[[error:429]] x",
    says: [/429/, /Too many requests, or the plan's limit is used up\. Wait, then send the message again\.$/],
  },
  "500: the server's fault": { prompt: "[[error:500]] x", says: [/API Error: 500/, /try again/] },
  "529: overloaded": { prompt: "[[error:529]] x", says: [/529 Overloaded/, /Try again in a moment/] },
  "the answer is cut in mid-stream, each time": {
    prompt: "[[say:half a sen]][[cut]] x",
    says: [/ECONNRESET|closed/, /The connection was cut in the middle of the answer\. Check the network/],
  },
  "a model that there is not": {
    prompt: "x",
    options: { model: "no-such-model" },
    says: [/selected model \(no-such-model\)/, /Choose another model in the session's options\.$/],
    again: false,
  },
};

describe("claude fails", { concurrency: 2 }, () => {
  for (const [name, cause] of Object.entries(CAUSES)) {
    test(name, (t) => fails(t, muster, cause));
  }

  test("a bad model is mended at run time: the next turn is good", async (t) => {
    const { session, verify } = await openRoom(t, muster, {
      agent: "claude",
      options: { model: "no-such-model" },
    });
    await session.turn("not yet");
    assert.equal(session.state, "error");
    await muster.ok("PATCH", `/api/sessions/${session.id}`, { options: { model: "sonnet" } });
    await session.turn("now");
    assert.equal(session.state, "idle", session.row.error_message);
    assert.equal(session.text(), "Fake answer to: now");
    await verify();
  });

  /** The real program, started with more options than muster gives it. */
  const WRAPPED = {
    "an option that this version does not know": {
      more: "--no-such-option",
      prompt: "x",
      says: [/exit code 1\): error: unknown option '--no-such-option'\./, /Update claude: `npm install -g/],
      again: false,
    },
    "the most turns": {
      more: "--max-turns 1",
      prompt: "[[call:TaskList {}]][[say:never]] x",
      says: [/Reached maximum number of turns \(1\)\. Send another message to let it go on\.$/],
    },
    "the budget": {
      more: "--max-budget-usd 0.00001",
      prompt: "[[call:TaskList {}]][[say:never]] x",
      says: [/Reached maximum budget/, /Raise it, then send the message again\.$/],
      again: false,
    },
  };
  for (const [name, { more, ...cause }] of Object.entries(WRAPPED)) {
    test(name, async (t) => {
      const path = join(muster.dir, `claude-${name.replace(/\W+/g, "-")}`);
      writeFileSync(path, `#!/bin/sh\nexec '${claudePath}' "$@" ${more}\n`, { mode: 0o755 });
      const other = await startMuster(t, { model, env: { MUSTER_CLAUDE: path } });
      await fails(t, other, cause);
    });
  }

  if (process.getuid() === 0) {
    test("permissions may not be skipped as root: error that says what to do", (t) =>
      fails(t, muster, {
        prompt: "x",
        options: { permission_mode: "bypassPermissions" },
        says: [/cannot be used with root/, /Choose another permission mode in the session's options/],
        again: false,
      }));
  }
});

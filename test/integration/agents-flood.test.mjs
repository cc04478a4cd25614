/** What a command prints without measure: the server stays small, answers others, and tells the truth. */
import assert from "node:assert/strict";
import { startMuster } from "../lib/muster.mjs";
import { groupGone, pidIn } from "../lib/processes.mjs";
import { after, before, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";

/** @type {import("../lib/muster.mjs").Muster} */
let muster;
before(async () => {
  muster = await startMuster(null);
});
after(() => muster.dispose());

const room = (t, options) => openRoom(t, muster, options);

test("a flood of 50 MB: idle at the end, what was left out is said, the server's memory stays bounded", async (t) => {
  const { session, verify } = await room(t);
  const before = muster.residentBytes();
  let highest = before;
  const watch = setInterval(() => (highest = Math.max(highest, muster.residentBytes())), 10);
  t.after(() => clearInterval(watch));
  await session.send("yes | head -c 50000000; echo; echo the last line");
  const done = await session.turnEnded(50_000);
  clearInterval(watch);
  assert.equal(done.row.state, "idle");
  const kept = session.text().length;
  assert.ok(kept >= 4194304 && kept <= 4194304 + 4096, `${kept} bytes of output were kept`);
  const notice = session.said.find(([kind]) => kind === "notice")[1];
  const left = Number(/^… (\d+) bytes of output were not kept/.exec(notice)[1]);
  assert.equal(left + kept, 50000000 + "\nthe last line\n".length);
  assert.ok(session.text().endsWith("y\n\nthe last line\n"), "the end is kept");
  const grown = (highest - before) / 1e6;
  assert.ok(grown < 100, `the server grew by ${grown} MB`);
  await verify();
});

test("output without end is cancelled like any other", async (t) => {
  const { session, verify } = await room(t);
  await session.send("echo pid=$$; exec yes");
  await session.shows(/pid=\d+\n(y\n)+/);
  const pid = pidIn(session.text());
  await session.cancel();
  const done = await session.turnEnded();
  assert.equal(done.cancelled, true);
  assert.equal(session.state, "idle");
  await groupGone(pid);
  await verify();
});

test("binary output becomes text: valid JSON on the wire and in the store", async (t) => {
  const { session, verify } = await room(t);
  const done = await session.turn(
    "head -c 1000000 /dev/urandom; printf '\\000\\033[31mred\\033[0m\\377\\376'; echo; echo end",
  );
  assert.equal(done.row.state, "idle");
  assert.ok(session.text().endsWith("end\n"));
  assert.ok(session.text().includes("\ufffd"), "what is no character is shown as such");
  assert.ok(session.text().length > 400_000);
  await verify();
});

test("a line of 100 MB without an end: idle, within the limits", async (t) => {
  const { session, verify } = await room(t);
  const before = muster.residentBytes();
  await session.send("head -c 100000000 /dev/zero | tr '\\0' x");
  const done = await session.turnEnded(50_000);
  assert.equal(done.row.state, "idle");
  assert.ok(session.text().length <= 4194304 + 4096);
  assert.match(session.text("notice"), /bytes of output were not kept/);
  const grown = (muster.residentBytes() - before) / 1e6;
  assert.ok(grown < 100, `the server grew by ${grown} MB`);
  await verify();
});

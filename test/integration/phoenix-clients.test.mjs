/**
 * The official Phoenix clients from npm, 1.7 and 1.8, unpatched, against the server: the statements
 * of the protocol notes in which a client takes part. Raw frames are in phoenix-conformance.test.mjs.
 */
import assert from "node:assert/strict";
import { connect, versions } from "../lib/phoenix.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before, test } from "../lib/test.mjs";
import { startProxy } from "../lib/tcp-proxy.mjs";
import { poll } from "../lib/wait.mjs";

const NO_SESSION = "00000000-0000-7000-8000-000000000000";
let muster;
let proxy;

before(async () => {
  proxy = await startProxy(null, 0);
  const args = ["--bench-topics", "--allow-host", `127.0.0.1:${proxy.port}`];
  muster = await startMuster(null, { args });
  proxy.retarget(muster.port);
});
after(async () => {
  await proxy.close();
  await muster.dispose();
});

/** What the client has sent of this event. */
function sent(client, event) {
  const out = client.frames.items.filter(({ dir, text }) => dir === "out" && text !== undefined);
  return out.map(({ text }) => JSON.parse(text)).filter((message) => message[3] === event);
}

const nthSent = (client, event, n) =>
  poll(() => sent(client, event)[n - 1], `${event} to be sent ${n} times`);

for (const version of versions) {
  test(`client ${version} joins, pushes, hears broadcasts and leaves`, async (t) => {
    const [one, two] = [connect(t, muster, { version }), connect(t, muster, { version })];
    const [a, b] = [one.channel("bench:talk"), two.channel("bench:talk")];
    assert.deepEqual(await a.joined(), {});
    assert.deepEqual(await b.joined(), {});
    const payload = { text: "ü€", list: [1, null] };
    assert.deepEqual(await a.push("said", payload), { status: "ok", response: {} });
    assert.deepEqual((await a.next("said")).payload, payload);
    assert.deepEqual((await b.next("said")).payload, payload);
    assert.equal((await b.leave()).status, "ok");
    await a.push("said", { again: true });
    await a.next("said");
    assert.equal((await one.channel("nowhere").join()).response.reason, "unmatched topic");
    assert.deepEqual(
      b.events.rest().filter(({ event }) => event === "said"),
      [],
    );
  });

  test(`client ${version} joins projects and gets a snapshot`, async (t) => {
    const client = connect(t, muster, { version });
    const reply = await client.channel("projects").joined();
    assert.equal(reply.mode, "snapshot");
    assert.equal(reply.reason, "no_since");
    assert.match(reply.epoch, /./);
    assert.deepEqual(reply.projects, []);
  });

  test(`client ${version} is refused without the token`, async (t) => {
    const client = connect(t, muster, { version, token: null });
    await client.closed();
    assert.deepEqual(client.frames.items, []);
  });

  test(`70: client ${version}: a deleted session's topic is closed, and not joined again`, async (t) => {
    const { projectId, sessionId } = await muster.newSession("shell");
    const client = connect(t, muster, { version });
    const [session, projects] = [client.channel(`session:${sessionId}`), client.channel("projects")];
    const { session: row, mode, reason } = await session.joined();
    assert.deepEqual([row.id, mode, reason], [sessionId, "snapshot", "no_since"]);
    await projects.joined();
    await muster.ok("DELETE", `/api/projects/${projectId}`);
    await session.next("phx_close");
    const { payload } = await projects.next("project_deleted");
    assert.equal(payload.projectId, projectId);
    assert.equal(session.channel.state, "closed");
    client.drop();
    await nthSent(client, "phx_join", 3);
    await poll(() => projects.channel.state === "joined", "the other topic to be joined again");
    const joins = sent(client, "phx_join").map(([, , topic]) => topic);
    assert.deepEqual(joins.slice(2), ["projects"]);
  });

  test(`77: client ${version}: a join that timed out leaves one subscription behind`, async (t) => {
    const options = { version, url: proxy.url, socket: { rejoinAfterMs: () => 20 } };
    const client = connect(t, muster, options);
    await client.opened();
    proxy.freeze();
    const channel = client.channel("bench:77");
    assert.equal((await channel.join(100)).status, "timeout");
    const [[first], [left]] = [await nthSent(client, "phx_join", 1), await nthSent(client, "phx_leave", 1)];
    assert.equal(left, first, "the leave bears the join_ref of the join that timed out");
    await nthSent(client, "phx_join", 2);
    proxy.thaw();
    await poll(() => channel.channel.state === "joined", "the join to succeed");
    const other = client.channel("bench:77-end");
    await other.joined();
    assert.deepEqual(await channel.push("once"), { status: "ok", response: {} });
    await channel.next("once");
    await other.push("flush");
    await other.next("flush");
    assert.deepEqual(channel.events.rest(), [], "delivered once");
  });

  test(`78: client ${version}: a join that is refused is tried again, and answered each time`, async (t) => {
    const client = connect(t, muster, { version, socket: { rejoinAfterMs: () => 20 } });
    const channel = client.channel(`session:${NO_SESSION}`);
    assert.equal((await channel.join()).response.code, "SESSION_NOT_FOUND");
    const refs = [];
    for (let n = 1; n <= 4; n += 1) refs.push((await nthSent(client, "phx_join", n))[1]);
    assert.equal(new Set(refs).size, 4);
    for (const ref of refs) {
      const isReply = ({ dir, text }) => dir === "in" && JSON.parse(text)[1] === ref;
      const reply = JSON.parse((await client.frames.find(isReply, { what: `the reply to ${ref}` })).text);
      assert.deepEqual([reply[0], reply[4].status], [ref, "error"]);
    }
  });

  test(`79: client ${version}: after a lost connection all channels join again, with new params`, async (t) => {
    const client = connect(t, muster, { version });
    const asked = [];
    const channels = ["bench:79a", "bench:79b", "projects"].map((topic) =>
      client.channel(topic, () => {
        asked.push(topic);
        return { since: null, n: asked.length };
      }),
    );
    for (const channel of channels) await channel.joined();
    await client.opened();
    client.drop();
    await client.closed();
    await client.opened();
    const joined = () => channels.every(({ channel }) => channel.state === "joined");
    await poll(joined, "the channels to join again");
    assert.deepEqual(asked.slice(3).sort(), ["bench:79a", "bench:79b", "projects"]);
    await channels[0].push("hello");
    await channels[0].next("hello");
  });

  test(`80: client ${version}: an unanswered heartbeat ends the connection, and the next one works`, async (t) => {
    const options = { version, url: proxy.url, socket: { heartbeatIntervalMs: 150 } };
    const client = connect(t, muster, options);
    const channel = client.channel("bench:80");
    await channel.joined();
    await client.opened();
    await nthSent(client, "heartbeat", 2);
    assert.equal(client.states.rest().length, 0, "answered heartbeats keep it open");
    proxy.freeze();
    await client.opened();
    await nthSent(client, "phx_join", 2);
    await poll(() => channel.channel.state === "joined", "the channel to join again");
    proxy.cut();
  });

  test(`83: client ${version}: a second channel of a topic leaves the first and joins`, async (t) => {
    const client = connect(t, muster, { version });
    const first = client.channel("bench:83");
    await first.joined();
    const second = client.channel("bench:83");
    await second.joined();
    assert.deepEqual(sent(client, "phx_leave").length, 1);
    await second.push("hello");
    await second.next("hello");
    assert.equal(first.events.items.filter(({ event }) => event === "hello").length, 0);
  });

  test(`client ${version}: a binary push is answered with an error, and harms nothing`, async (t) => {
    const client = connect(t, muster, { version });
    const channel = client.channel("bench:binary");
    await channel.joined();
    const { status, response } = await channel.push("bin", new Uint8Array([1, 2, 3]).buffer);
    assert.deepEqual([status, response.code], ["error", "BAD_REQUEST"]);
    assert.equal((await channel.push("text")).status, "ok");
  });
}

/** /api/access: browsers that are signed in, tokens for programs, and that taking one away ends its access. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { http } from "../lib/http.mjs";
import { startMuster } from "../lib/muster.mjs";
import { connect, versions } from "../lib/phoenix.mjs";
import { openWebSocket, refusedWebSocket } from "../lib/raw.mjs";
import { makeCode } from "../lib/sign-in.mjs";
import { after, before, test } from "../lib/test.mjs";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

let muster;

before(async () => {
  muster = await startMuster(null, { args: ["--log-level", "debug"] });
});
after(() => muster.dispose());

/** Requests of one who signs in with a token or a cookie. */
const asking = (headers, server = muster) => (method, path, body) => http(server.url, { method, path, headers, body });
const withToken = (token, server) => asking({ authorization: `Bearer ${token}` }, server);

async function makeToken(name = "a program", server = muster) {
  const { status, body } = await server.api("POST", "/api/access", { name });
  assert.equal(status, 201);
  return { ...body, ask: withToken(body.token, server) };
}

async function signIn({ agent = FIREFOX, server = muster } = {}) {
  const code = makeCode(server.token, Math.floor(Date.now() / 1000) + 60);
  const answer = await http(server.url, { path: `/login?code=${code}`, headers: { "user-agent": agent } });
  assert.equal(answer.status, 303);
  const [cookie] = answer.headers["set-cookie"][0].split(";");
  return { cookie, ask: asking({ cookie }, server) };
}

const listed = async (ask = (...all) => muster.api(...all)) => (await ask("GET", "/api/access")).body.access;
const status = async (ask, path = "/api/projects") => (await ask("GET", path)).status;
const currentOf = async (ask) => (await listed(ask)).find(({ current }) => current);

test("a token lets a program in, by header and by both clients' sockets", async (t) => {
  const before = await listed();
  const { token, access, ask } = await makeToken("  my\nprogram ");
  assert.match(token, /^[\w-]{43}$/);
  const { id, created_at, ...rest } = access;
  assert.deepEqual(rest, { kind: "token", name: "my program", last_used_at: null, expires_at: null, current: false });
  assert.ok(Math.abs(Date.now() - Date.parse(created_at)) < 60_000);
  assert.deepEqual((await listed()).length, before.length + 1);
  assert.equal((await listed()).find((one) => one.id === id).last_used_at, null);
  assert.equal(await status(ask), 200);
  for (const version of versions) {
    const channel = connect(t, muster, { version, token }).channel("projects");
    await channel.joined();
  }
  const own = await currentOf(ask);
  assert.deepEqual([own.id, own.kind], [id, "token"]);
  assert.ok(own.last_used_at);
});

test("a browser is listed by its name, as the one that asks", async () => {
  const { ask } = await signIn();
  const own = await currentOf(ask);
  assert.deepEqual([own.kind, own.name], ["browser", "Firefox on Linux"]);
  assert.ok(Date.parse(own.expires_at) - Date.parse(own.created_at) > 29 * 24 * 3600 * 1000);
  const other = await signIn({ agent: "<script>alert(1)</script>" });
  assert.equal((await currentOf(other.ask)).name, "A browser");
  const all = await listed(ask);
  assert.equal(all.filter(({ current }) => current).length, 1);
  const kinds = all.map(({ kind }) => kind);
  assert.deepEqual(kinds, [...kinds].sort(), "browsers first");
});

test("the owner's token is not listed, cannot be taken away, and is nobody's current one", async () => {
  const all = await listed();
  assert.ok(all.every(({ current }) => !current));
  for (const id of ["owner", muster.token, "none", "a%00b", "%27%3B--"]) {
    const answer = await muster.api("DELETE", `/api/access/${id}`);
    assert.equal(answer.status, 404, answer.text);
  }
  assert.equal(await status((...all) => muster.api(...all)), 200);
});

test("a token that was taken away is refused everywhere, and its sockets are closed", async (t) => {
  const { token, access, ask } = await makeToken("to be revoked");
  const kept = await makeToken("to be kept");
  const raw = await openWebSocket(t, muster.port, { token });
  const other = await openWebSocket(t, muster.port, { token: kept.token });
  const owner = await openWebSocket(t, muster.port, { token: muster.token });
  assert.equal((await raw.call("projects", "phx_join", {}, "1")).status, "ok");
  const gone = await muster.api("DELETE", `/api/access/${access.id}`);
  assert.deepEqual([gone.status, gone.text, gone.headers["set-cookie"]], [204, "", undefined]);
  const close = await raw.closeFrame();
  assert.deepEqual([close.code, close.reason], [1008, "signed out"]);
  assert.equal(await status(ask), 401);
  assert.equal((await refusedWebSocket(t, muster.port, { token })).status, 401);
  for (const ws of [other, owner]) assert.equal((await ws.call("projects", "phx_join", {}, "1")).status, "ok");
  assert.equal(await status(kept.ask), 200);
  const again = await muster.api("DELETE", `/api/access/${access.id}`);
  assert.deepEqual([again.status, again.body.error.code], [404, "ACCESS_NOT_FOUND"]);
});

for (const version of versions) {
  test(`phoenix ${version} does not come back with a token that was taken away`, async (t) => {
    const { token, access } = await makeToken("phoenix");
    const client = connect(t, muster, { version, token, socket: { reconnectAfterMs: () => 50 } });
    await client.channel("projects").joined();
    assert.equal((await muster.api("DELETE", `/api/access/${access.id}`)).status, 204);
    const closed = await client.states.next(({ what }) => what === "close");
    assert.equal(closed.code, 1008);
    const refused = await client.states.next(({ what }) => what === "close");
    assert.equal(refused.code, 1006, "its next try was refused");
  });
}

test("signing out clears the cookie, ends that sign-in, and no other", async (t) => {
  const one = await signIn();
  const two = await signIn();
  const ws = await openWebSocket(t, muster.port, { headers: { Cookie: one.cookie, Origin: muster.url } });
  const own = await currentOf(one.ask);
  const answer = await one.ask("DELETE", `/api/access/${own.id}`);
  assert.equal(answer.status, 204);
  const [name] = one.cookie.split("=");
  assert.match(answer.headers["set-cookie"][0], new RegExp(`^${name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0$`));
  assert.equal((await ws.closeFrame()).code, 1008);
  assert.equal(await status(one.ask), 401);
  assert.equal(await status(two.ask), 200);
});

test("a browser signs another one out; its own cookie stays", async () => {
  const one = await signIn();
  const two = await signIn({ agent: "curl/8.0" });
  const other = (await listed(one.ask)).find(({ name }) => name === "curl");
  const answer = await one.ask("DELETE", `/api/access/${other.id}`);
  assert.deepEqual([answer.status, answer.headers["set-cookie"]], [204, undefined]);
  assert.deepEqual([await status(one.ask), await status(two.ask)], [200, 401]);
});

test("what was taken away stays so, and what was not is good, after the server was killed", async (t) => {
  const server = await startMuster(t);
  const kept = await makeToken("kept", server);
  const gone = await makeToken("gone", server);
  await server.ok("DELETE", `/api/access/${gone.access.id}`);
  const { cookie } = await signIn({ server });
  await server.restart({ signal: "SIGKILL" });
  assert.deepEqual([await status(kept.ask), await status(gone.ask)], [200, 401]);
  assert.equal(await status(asking({ cookie }, server)), 200);
});

test("another owner token ends every sign-in and every token", async (t) => {
  const server = await startMuster(t);
  const { ask } = await makeToken("a program", server);
  const browser = await signIn({ server });
  await server.stop();
  rmSync(join(server.dataDir, "token"));
  await server.start();
  assert.deepEqual([await status(ask), await status(browser.ask)], [401, 401]);
  assert.deepEqual(await listed(withToken(server.token, server)), []);
});

test("names are checked as others are, and bodies too", async () => {
  const refused = async (body, expected, headers) => {
    const { status: got, body: answer } = await muster.api("POST", "/api/access", body, headers);
    assert.deepEqual([got, answer.error.code], expected, JSON.stringify(body));
  };
  await refused({ name: "" }, [422, "INVALID_FIELD"]);
  await refused({ name: " \n\u0001 " }, [422, "INVALID_FIELD"]);
  await refused({ name: "x".repeat(201) }, [413, "TOO_LARGE"]);
  await refused({ name: "a\u0000b" }, [400, "INVALID_JSON"]);
  await refused({}, [422, "INVALID_FIELD"]);
  await refused({ name: 1 }, [422, "INVALID_FIELD"]);
  await refused("{", [400, "INVALID_JSON"], { "content-type": "application/json" });
  await refused('{"name":"x"}', [415, "UNSUPPORTED_TYPE"], { "content-type": "text/plain" });
  const { access } = await makeToken("<b>名前</b>");
  assert.equal(access.name, "<b>名前</b>");
});

test("tokens have a limit, and one that is taken away makes room", async (t) => {
  const server = await startMuster(t);
  for (let i = 0; i < 100; i += 1) await makeToken(`number ${i}`, server);
  const full = await server.api("POST", "/api/access", { name: "one more" });
  assert.deepEqual([full.status, full.body.error.code], [429, "LIMIT_REACHED"]);
  const [first] = (await server.ok("GET", "/api/access")).access;
  await server.ok("DELETE", `/api/access/${first.id}`);
  await makeToken("one more", server);
});

test("past their limit, the browser that was not used for the longest time is signed out", async (t) => {
  const server = await startMuster(t);
  const first = await signIn({ server });
  const ws = await openWebSocket(t, server.port, { headers: { Cookie: first.cookie, Origin: server.url } });
  const second = await signIn({ server });
  for (let i = 2; i < 200; i += 1) await signIn({ server });
  assert.deepEqual([await status(first.ask), await status(second.ask)], [200, 200]);
  await signIn({ server });
  assert.equal(await status(first.ask), 401);
  assert.equal((await ws.closeFrame()).code, 1008);
  assert.equal(await status(second.ask), 200);
  assert.equal((await server.ok("GET", "/api/access")).access.length, 200);
});

test("many requests with a token write to the database once", async (t) => {
  const server = await startMuster(t);
  const { ask } = await makeToken("busy", server);
  const commits = async () => Number(/^muster_commits_total (\d+)$/m.exec((await server.api("GET", "/metrics")).text)[1]);
  const before = await commits();
  for (let i = 0; i < 20; i += 1) assert.equal(await status(ask), 200);
  assert.equal(await commits(), before + 1);
});

test("nothing of a token or a cookie is in a log, in a list or in the database", async (t) => {
  const server = await startMuster(t, { args: ["--log-level", "debug"] });
  const { token, ask } = await makeToken("secret", server);
  const { cookie } = await signIn({ server });
  await connect(t, server, { token }).channel("projects").joined();
  const list = await ask("GET", "/api/access");
  await server.restart();
  assert.equal(await status(ask), 200);
  await server.stop();
  const places = { log: server.logText(), stdout: server.stdout, list: list.text };
  for (const name of readdirSync(server.dataDir)) {
    if (name.startsWith("muster.db")) places[name] = readFileSync(join(server.dataDir, name), "latin1");
  }
  for (const secret of [token, cookie.split("=")[1]]) {
    for (const form of [secret, Buffer.from(secret).toString("base64").replaceAll("=", "")]) {
      for (const [place, text] of Object.entries(places)) assert.ok(!text.includes(form), place);
    }
  }
  assert.match(places.log, /"event":"token_made"/);
});

test("who is not signed in sees and changes nothing; another origin neither", async () => {
  const { access } = await makeToken("safe");
  const nobody = asking({});
  for (const [method, path, body] of [["GET", "/api/access"], ["POST", "/api/access", { name: "x" }], ["DELETE", `/api/access/${access.id}`]]) {
    assert.equal((await nobody(method, path, body)).status, 401);
    assert.equal((await muster.api(method, path, body, { origin: "https://evil.example" })).status, 403);
  }
  assert.ok((await listed()).some(({ id }) => id === access.id));
});

/**
 * Who may ask: Host and Origin of every request, tokens, sign-in links, cookies, and where secrets
 * must not be found. The failure tests 16, 17 and 18 by their numbers.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { http } from "../lib/http.mjs";
import { runMuster, startMuster } from "../lib/muster.mjs";
import { connect } from "../lib/phoenix.mjs";
import { openWebSocket, rawHttp, refusedWebSocket } from "../lib/raw.mjs";
import { makeCode } from "../lib/sign-in.mjs";
import { after, before, test } from "../lib/test.mjs";

let muster;

before(async () => {
  muster = await startMuster(null, { args: ["--log-level", "debug", "--bench-topics"] });
});
after(() => muster.dispose());

const bearer = (server = muster) => ({ authorization: `Bearer ${server.token}` });
const get = (path, headers = {}, method = "GET") => http(muster.url, { method, path, headers });

/** Names that reach a loopback address, but are not this server's. */
function forgedHosts(port) {
  const names = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.nip.io",
    "127.0.0.1.",
    "localhost.",
    "127.0.0.2",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0.0.0.0",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
    "::1",
    "user@127.0.0.1",
    "",
  ];
  const otherPort = port === 65535 ? 65534 : port + 1;
  const wrongPorts = ["127.0.0.1", `127.0.0.1:${otherPort}`, "localhost", "127.0.0.1:", `127.0.0.1:0${port}`];
  return [...names.map((name) => `${name}:${port}`), "evil.example", ...wrongPorts];
}

const foreignOrigins = (port) => [
  "https://evil.example",
  `http://evil.example:${port}`,
  `http://127.0.0.1:${port === 65535 ? 1 : port + 1}`,
  "http://127.0.0.1",
  `http://localhost:${port}`,
  `http://127.0.0.1:${port}.evil.example`,
  `http://127.0.0.1:${port}/`,
  `http://evil.example@127.0.0.1:${port}`,
  `ws://127.0.0.1:${port}`,
  `//127.0.0.1:${port}`,
  "null",
  "file://",
  "chrome-extension://abcdefghijklmnop",
];

/* ---- failure 16 ---- */

test("failure 16: a foreign page's WebSocket is refused with 403, signed in or not", async (t) => {
  for (const Origin of foreignOrigins(muster.port)) {
    for (const token of [muster.token, ""]) {
      const answer = await refusedWebSocket(t, muster.port, { token, headers: { Origin } });
      assert.equal(answer.status, 403, Origin);
    }
  }
});

test("failure 16: a foreign Origin is refused with 403 on every address and method", async () => {
  const headers = { origin: "https://evil.example", ...bearer() };
  for (const path of [
    "/",
    "/index.html",
    "/api/projects",
    "/api/nothing",
    "/healthz",
    "/metrics",
    "/login",
  ]) {
    for (const method of ["GET", "HEAD", "POST", "OPTIONS", "DELETE"]) {
      assert.equal((await get(path, headers, method)).status, 403, `${method} ${path}`);
    }
  }
});

test("failure 16: a preflight gets no leave, and no answer speaks of other origins", async () => {
  const preflight = {
    origin: "https://evil.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
  };
  const answers = [
    await get("/api/projects", preflight, "OPTIONS"),
    await get("/api/projects", { ...preflight, origin: muster.url }, "OPTIONS"),
    await get("/api/projects", { origin: muster.url, ...bearer() }),
    await get("/", { origin: muster.url }),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [403, 401, 200, 200],
  );
  for (const { headers } of answers) {
    const allowing = Object.keys(headers).filter((name) => name.startsWith("access-control-"));
    assert.deepEqual(allowing, []);
  }
});

test("failure 16: a forged Host is refused with 403, on the socket, the API and the page", async (t) => {
  for (const Host of forgedHosts(muster.port)) {
    const { token, port } = muster;
    const socket = await refusedWebSocket(t, port, { token, headers: { Host } });
    assert.equal(socket.status, 403, `WebSocket, Host: ${Host}`);
    for (const line of ["GET /api/projects", "GET /", "HEAD /", "GET /healthz", "OPTIONS *"]) {
      const head = `${line} HTTP/1.1\r\nHost: ${Host}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`;
      assert.equal((await rawHttp(t, port, head)).status, 403, `${line}, Host: ${Host}`);
    }
  }
});

test("failure 16: a page rebound to the loopback address is refused though Origin and Host agree", async (t) => {
  const name = `evil.example:${muster.port}`;
  const headers = { Host: name, Origin: `http://${name}` };
  assert.equal((await refusedWebSocket(t, muster.port, { token: muster.token, headers })).status, 403);
  assert.equal(
    (await get("/api/projects", { host: name, origin: `http://${name}`, ...bearer() })).status,
    403,
  );
});

test("failure 16: HTTP/1.0 without a Host is refused", async (t) => {
  assert.equal((await rawHttp(t, muster.port, "GET / HTTP/1.0\r\n\r\n")).status, 403);
});

test("failure 16: no Origin and no token is answered 401", async (t) => {
  const answer = await refusedWebSocket(t, muster.port);
  assert.equal(answer.status, 401);
  for (const path of ["/api/projects", "/api/sessions/x", "/api/agents", "/api/nothing", "/metrics"]) {
    const { status, body } = await get(path);
    assert.equal(status, 401, path);
    assert.equal(body.error.code, "UNAUTHORIZED");
  }
});

test("failure 16: a wrong token, a token in the URL and another scheme are answered 401", async (t) => {
  const { token, port } = muster;
  const wrong = [
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${token}x`,
    `Bearer ${token.toUpperCase()}`,
    "Bearer ",
    "Bearer",
    `Basic ${Buffer.from(`owner:${token}`).toString("base64")}`,
    token,
    `Bearer ${"x".repeat(4000)}`,
  ];
  for (const authorization of wrong) {
    assert.equal((await get("/api/projects", { authorization })).status, 401, authorization);
  }
  for (const name of ["token", "access_token", "authToken", "code"]) {
    assert.equal((await get(`/api/projects?${name}=${token}`)).status, 401);
    const path = `/socket/websocket?${name}=${token}&vsn=2.0.0`;
    assert.equal((await refusedWebSocket(t, port, { path })).status, 401);
  }
  for (const cookie of [`muster_${port}=${token}`, `muster=${token}`, `muster_${port}=`]) {
    assert.equal((await get("/api/projects", { cookie })).status, 401, cookie);
  }
});

test("failure 16: the server's own names and origins are let in", async (t) => {
  const { token, port } = muster;
  for (const name of ["127.0.0.1", "localhost", "LocalHost", "[::1]"]) {
    const host = `${name}:${port}`;
    for (const origin of [undefined, `http://${host}`, `https://${host}`]) {
      const headers = { host, ...bearer(), ...(origin && { origin }) };
      assert.equal((await get("/api/projects", headers)).status, 200, `${host} ${origin}`);
      await openWebSocket(t, port, { token, headers: { Host: host, ...(origin && { Origin: origin }) } });
    }
  }
});

test("failure 16: a server on the IPv6 loopback address checks the same", async (t) => {
  const loopbacks = Object.values(networkInterfaces()).flat();
  if (!loopbacks.some(({ address }) => address === "::1")) return t.skip("there is no ::1 here");
  const server = await startMuster(t, { listen: "[::1]:0" });
  const ask = (headers) =>
    new Promise((resolve, reject) => {
      const options = { host: "::1", port: server.port, path: "/api/projects", agent: false };
      const all = { host: `[::1]:${server.port}`, ...bearer(server), ...headers };
      request({ ...options, headers: all }, (res) => resolve(res.resume().statusCode))
        .on("error", reject)
        .end();
    });
  assert.equal(await ask({}), 200);
  assert.equal(await ask({ origin: `http://[::1]:${server.port}` }), 200);
  assert.equal(await ask({ origin: "http://[::1]" }), 403);
  assert.equal(await ask({ host: "[::1]" }), 403);
  assert.equal(await ask({ authorization: "" }), 401);
});

test("nothing but /healthz, the login and static files answers without signing in", async () => {
  assert.equal((await get("/healthz")).status, 200);
  assert.equal((await get("/")).status, 200);
  assert.equal((await get("/projects/some-id")).status, 200, "the page of an address of the web app");
  assert.equal((await get("/login?code=wrong")).status, 401);
});

/* ---- failure 17 ---- */

function newFolder(t) {
  const dir = mkdtempSync(join(tmpdir(), "muster-access-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, "data");
}

for (const address of ["0.0.0.0:0", "[::]:0", "192.0.2.7:0", "[2001:db8::1]:0"]) {
  test(`failure 17: --listen ${address} without leave does not start, and says why`, (t) => {
    const data = newFolder(t);
    const { status, stderr, stdout } = runMuster(["serve", "--listen", address, "--data", data]);
    assert.notEqual(status, 0);
    assert.ok(stderr.includes(address) && stderr.includes("--allow-remote"), stderr);
    assert.match(stderr, /runs commands as you/);
    assert.equal(stdout, "");
    assert.ok(!existsSync(data), "nothing was made");
  });
}

test("failure 17: with leave it starts, warns, and answers to the names it was given alone", async (t) => {
  const args = ["--allow-remote", "--allow-host", "muster.example", "--allow-host", "proxy.example:8443"];
  const server = await startMuster(t, { listen: "0.0.0.0:0", args });
  const warning = await server.waitLog("remote_allowed");
  assert.equal(warning.level, "warn");
  assert.ok(warning.reason.length > 20, warning.reason);
  const ask = (host) => http(server.url, { path: "/api/projects", headers: { host, ...bearer(server) } });
  for (const host of [`muster.example:${server.port}`, "proxy.example:8443", `127.0.0.1:${server.port}`]) {
    assert.equal((await ask(host)).status, 200, host);
  }
  for (const host of [`evil.example:${server.port}`, "muster.example:1", "proxy.example:8444"]) {
    assert.equal((await ask(host)).status, 403, host);
  }
  assert.equal((await http(server.url, { path: "/api/projects" })).status, 401);
});

test("failure 17: --bench-topics is refused off loopback, with leave or without", (t) => {
  for (const more of [[], ["--allow-remote"]]) {
    const data = newFolder(t);
    const args = ["serve", "--listen", "0.0.0.0:0", "--bench-topics", "--data", data, ...more];
    const { status, stderr } = runMuster(args);
    assert.notEqual(status, 0);
    assert.match(stderr, /--bench-topics/);
  }
});

test("bench topics are off unless asked for", async (t) => {
  const server = await startMuster(t);
  const ws = await openWebSocket(t, server.port, { token: server.token });
  const { status, response } = await ws.call("bench:x", "phx_join");
  assert.deepEqual([status, response.reason], ["error", "unmatched topic"]);
});

/* ---- sign-in links ---- */

/** What a sign-in answers: its cookie's name, value and attributes. */
function readCookie({ headers }) {
  const [set] = headers["set-cookie"];
  const [pair, ...attributes] = set.split(/; */);
  const [name, value] = pair.split("=");
  return { name, value, attributes, header: pair };
}

const linkOf = (server) => {
  const { pathname, search, searchParams } = new URL(server.loginUrl());
  return { path: pathname + search, code: searchParams.get("code") };
};

async function signIn(server) {
  const { path, code } = linkOf(server);
  const answer = await http(server.url, { path });
  assert.equal(answer.status, 303);
  return { path, code, answer, cookie: readCookie(answer) };
}

test("failure 18: a sign-in link leads to / and sets a cookie that no script and no other site can use", async (t) => {
  const { answer, cookie } = await signIn(muster);
  assert.equal(answer.headers.location, "/");
  assert.equal(answer.headers["cache-control"], "no-store");
  assert.equal(answer.headers["referrer-policy"], "no-referrer");
  assert.ok(cookie.attributes.includes("HttpOnly"));
  assert.ok(cookie.attributes.includes("SameSite=Strict"));
  assert.ok(cookie.attributes.includes("Path=/"));
  assert.ok(!cookie.attributes.some((text) => /^domain=/i.test(text)));
  assert.equal(cookie.name, `muster_${muster.port}`);
  assert.match(cookie.value, /^[0-9a-f]{64}$/);
  assert.equal((await get("/api/projects", { cookie: `a=b; ${cookie.header}; c=d` })).status, 200);
  const headers = { Cookie: cookie.header, Origin: muster.url };
  await openWebSocket(t, muster.port, { headers });
  const foreign = { headers: { ...headers, Origin: "https://evil.example" } };
  assert.equal((await refusedWebSocket(t, muster.port, foreign)).status, 403);
});

test("failure 18: a sign-in link works once, also when it is followed twice at once", async () => {
  const { path } = linkOf(muster);
  const answers = await Promise.all(Array.from({ length: 8 }, () => http(muster.url, { path })));
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [303, ...Array(7).fill(401)]);
  const again = await http(muster.url, { path });
  assert.equal(again.status, 401);
  assert.match(again.text, /muster login-url/);
  assert.equal(again.headers["set-cookie"], undefined);
});

test("failure 18: a used link stays used, and a cookie good, after the server was started anew", async (t) => {
  const server = await startMuster(t);
  const { path, cookie } = await signIn(server);
  const unused = linkOf(server);
  await server.restart();
  assert.equal((await http(server.url, { path })).status, 401);
  await server.restart({ signal: "SIGKILL" });
  assert.equal((await http(server.url, { path })).status, 401);
  const headers = { cookie: cookie.header };
  assert.equal((await http(server.url, { path: "/api/projects", headers })).status, 200);
  assert.equal((await http(server.url, { path: unused.path })).status, 303);
});

test("failure 18: a link expires after 10 minutes; one that was changed does not work", async () => {
  const now = Math.floor(Date.now() / 1000);
  const { code } = linkOf(muster);
  const lifetime = Number(code.split(".")[0]) - Math.floor(Date.now() / 1000);
  assert.ok(lifetime > 590 && lifetime <= 600, `${lifetime} s`);
  const ask = async (text) => (await get(`/login?code=${text}`)).status;
  assert.equal(await ask(makeCode(muster.token, now - 1)), 401);
  assert.equal(await ask(makeCode("another token, long enough to be one", now + 60)), 401);
  const [expiry, nonce, mac] = code.split(".");
  const changed = [
    `${Number(expiry) + 1}.${nonce}.${mac}`,
    `${expiry}.${nonce}0.${mac}`,
    `${expiry}.${nonce}.${mac.slice(0, -1)}${mac.endsWith("0") ? "1" : "0"}`,
    `${expiry}.${nonce}.${mac.toUpperCase()}`,
    `${expiry}.${nonce}`,
    mac,
    "",
    "x".repeat(300),
    "%00",
  ];
  for (const text of changed) assert.equal(await ask(text), 401, text);
  assert.equal(await ask(makeCode(muster.token, now + 60)), 303, "a code of this form does work");
  assert.equal(await ask(code), 303, "the true one was not used up");
});

/* ---- failure 18: where a secret must not be ---- */

const forms = (secret) => {
  const base64 = Buffer.from(secret).toString("base64").replaceAll("=", "");
  return [secret, base64, Buffer.from(secret).toString("hex")];
};

test("failure 18: no token, cookie or link is in the log, on stdout or in an answer", async (t) => {
  const { token, port } = muster;
  const link = await signIn(muster);
  const answers = [link.answer, await get(link.path), await get("/api/projects", bearer())];
  for (const version of ["1.7", "1.8"]) {
    await connect(t, muster, { version }).channel("projects").joined();
  }
  const evil = { ...bearer(), cookie: link.cookie.header };
  answers.push(await get(link.path, { ...evil, origin: "https://evil.example" }));
  answers.push(await get(link.path, { ...evil, host: "evil.example" }));
  answers.push(await get(`/api/nothing?token=${token}`, evil));
  answers.push(await get(`/api/projects?token=${token}`, { authorization: `Bearer ${token}x` }));
  const bad = `GET /login?code=${link.code} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${link.cookie.header}\r\nAuthorization: Bearer ${token}\r\n folded\r\n\r\n`;
  answers.push(await rawHttp(t, port, bad));
  const ws = await openWebSocket(t, port, { token });
  ws.json(["1", "1", `bench:${token}`, "phx_join", { token }]);
  ws.frame(1, `not a message ${token}`);
  await ws.closeFrame();
  await muster.restart();
  const said = `${muster.logText()}\n${muster.stdout}\n`;
  const [, nonce, mac] = link.code.split(".");
  for (const secret of [token, link.cookie.value, nonce, mac]) {
    for (const form of forms(secret)) {
      const line = said.split("\n").find((text) => text.includes(form));
      assert.equal(line, undefined);
    }
  }
  const bodies = answers.map(
    ({ headers, text, body }) => `${JSON.stringify({ ...headers, "set-cookie": "" })} ${text ?? body}`,
  );
  for (const text of bodies) assert.ok(!forms(token).some((form) => text.includes(form)), text);
  assert.match(said, /"event":"refused"/, "what was refused is in the log");
});

test("failure 18: no secret is in the process list, of the server, a holder or an agent", async (t) => {
  const server = await startMuster(t);
  const { cookie, code } = await signIn(server);
  const { sessionId } = await server.newSession("shell");
  const channel = connect(t, server).channel(`session:${sessionId}`);
  await channel.joined();
  assert.equal(
    (await channel.push("send_message", { id: "1", text: "env; echo started; sleep 60" })).status,
    "ok",
  );
  const started = ({ event, payload }) =>
    (event === "stream_output" && payload.text.includes("started")) ||
    (event === "message_added" && payload.message.text.includes("started\n"));
  await channel.find(started);
  const processes = server.processes();
  assert.ok(processes.length >= 3, `server, holder and agent: ${JSON.stringify(processes)}`);
  const secrets = [server.token, cookie.value, code.split(".")[1]].flatMap(forms);
  for (const { pid, command } of processes) {
    for (const file of ["cmdline", "environ"]) {
      const text = readFileSync(`/proc/${pid}/${file}`, "latin1");
      assert.ok(!secrets.some((secret) => text.includes(secret)), `${file} of ${command}`);
    }
  }
});

test("failure 18: the token is in one file, for its owner alone; the database has hashes only", async (t) => {
  const server = await startMuster(t);
  const { cookie, code } = await signIn(server);
  const mode = (name) => (statSync(join(server.dataDir, name)).mode & 0o777).toString(8);
  assert.equal(mode("token"), "600");
  assert.equal(mode("."), "700");
  assert.equal(mode("muster.db"), "600");
  const files = readdirSync(server.dataDir, { recursive: true }).filter((name) =>
    statSync(join(server.dataDir, name)).isFile(),
  );
  const holding = (secret) =>
    files.filter((name) =>
      forms(secret).some((form) => readFileSync(join(server.dataDir, name)).includes(form)),
    );
  assert.deepEqual(holding(server.token), ["token"]);
  assert.deepEqual(holding(cookie.value), []);
  assert.deepEqual(holding(code), []);
  assert.ok(files.includes("muster.db"));
});

test("failure 18: another token in the file makes the old one and its links useless", async (t) => {
  const server = await startMuster(t);
  const [old, link] = [server.token, linkOf(server)];
  await server.stop();
  writeFileSync(join(server.dataDir, "token"), `${randomBytes(32).toString("hex")}\n`);
  await server.start();
  const ask = (token) =>
    http(server.url, { path: "/api/projects", headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask(old)).status, 401);
  assert.equal((await ask(server.token)).status, 200);
  assert.equal((await http(server.url, { path: link.path })).status, 401);
});

/** HTTP by itself: methods, codings, limits, and requests that are meant to be read in two ways. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { http } from "../lib/http.mjs";
import { startMuster } from "../lib/muster.mjs";
import { openRaw, openWebSocket, parseHttp, rawHttp } from "../lib/raw.mjs";
import { after, before, test } from "../lib/test.mjs";
import { poll, within } from "../lib/wait.mjs";

const HEAD_BYTES = 8192;
const BODY_BYTES = 2_162_688;
const STRANGER_BODY_BYTES = 16_384;
const HEAD_SECONDS = 5;
let muster;
let slowHead;

before(async () => {
  muster = await startMuster(null);
  slowHead = watchSlowHead();
});
after(() => muster.dispose());

const get = (path, headers = {}, method = "GET") => http(muster.url, { method, path, headers });
const base = () => `Host: 127.0.0.1:${muster.port}\r\nAuthorization: Bearer ${muster.token}\r\n`;

/** The names of the files that the page is made of. */
async function filesOfPage() {
  const { text } = await get("/");
  return [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, name]) => name);
}

async function longestFile() {
  const names = await filesOfPage();
  const files = names.map(async (path) => ({ path, length: Number((await get(path)).headers["content-length"]) }));
  return (await Promise.all(files)).toSorted((a, b) => b.length - a.length)[0];
}

/** Sends bytes, and resolves with the answers when the server has ended the connection. */
async function exchange(t, bytes) {
  const raw = await openRaw(t, muster.port);
  raw.send(bytes);
  await raw.ended();
  return readAll(raw.received);
}

function readAll(bytes) {
  const answers = [];
  for (let rest = bytes; rest.length > 0; rest = answers.at(-1).rest) {
    const answer = parseHttp(rest, true);
    assert.ok(answer !== null, `not an HTTP answer: ${rest}`);
    answers.push(answer);
  }
  return answers;
}

/** A head that never ends: begun early, so that the test that asks for its end need not wait long. */
async function watchSlowHead() {
  const raw = await openRaw(null, muster.port);
  const began = Date.now();
  raw.send("GET /healthz HTTP/1.1\r\nHost: 127");
  const drip = setInterval(() => raw.send("0"), 500);
  await raw.ended().finally(() => clearInterval(drip));
  raw.close();
  return Date.now() - began;
}

/* ---- addresses and methods ---- */

test("what is not there is answered 404, in JSON below /api", async () => {
  const missing = await muster.api("GET", "/api/nothing");
  assert.equal(missing.status, 404);
  assert.equal(missing.headers["content-type"], "application/json");
  assert.equal(missing.body.error.code, "NOT_FOUND");
  for (const path of [
    "/api/projects/no-such-id",
    "/api/sessions/no-such-id",
    "/api/sessions/no-such-id/messages",
  ]) {
    const { status, body } = await muster.api("GET", path);
    assert.equal(status, 404, path);
    assert.match(body.error.code, /^(PROJECT|SESSION)_NOT_FOUND$/);
    assert.match(body.error.message, /\.$/);
  }
  for (const path of ["/assets/nothing.js", "/favicon.none", "/../etc/passwd.txt", "/%2e%2e/secret.txt"]) {
    assert.equal((await get(path)).status, 404, path);
  }
});

test("an id with what no id has is answered 404", async () => {
  for (const id of ["%00", "..%2f..", "a%20b", "%", "x".repeat(500), "%ff"]) {
    const { status } = await muster.api("GET", `/api/sessions/${id}`);
    assert.ok(status === 404 || status === 400, `${id}: ${status}`);
  }
});

for (const [method, path, allow] of [
  ["DELETE", "/api/projects", "GET, HEAD, POST"],
  ["PUT", "/api/projects/x", "GET, HEAD, PATCH, DELETE"],
  ["POST", "/api/sessions/x", "GET, HEAD, PATCH, DELETE"],
  ["GET", "/api/sessions/x/cancel", "POST"],
  ["POST", "/healthz", "GET, HEAD"],
  ["POST", "/login", "GET, HEAD"],
  ["POST", "/", "GET, HEAD"],
  ["PATCH", "/api/sessions/x/messages", "GET, HEAD, POST"],
  ["PROPFIND", "/api/projects", "GET, HEAD, POST"],
]) {
  test(`${method} ${path} is answered 405, with Allow: ${allow}`, async () => {
    const { status, headers } = await muster.api(method, path);
    assert.equal(status, 405);
    assert.deepEqual(headers.allow.split(", ").sort(), allow.split(", ").sort());
  });
}

test("HEAD answers as GET does, without the body", async (t) => {
  for (const path of ["/", "/healthz", "/api/projects", "/api/nothing"]) {
    const whole = await muster.api("GET", path);
    const [head] = await exchange(t, `HEAD ${path} HTTP/1.1\r\n${base()}Connection: close\r\n\r\n`);
    assert.equal(head.status, whole.status, path);
    assert.equal(head.headers["content-length"], whole.headers["content-length"]);
    assert.equal(head.body.length + head.rest.length, 0);
  }
});

/* ---- static files ---- */

test("the page has an ETag: asked again with it, the answer is 304", async () => {
  const page = await get("/");
  assert.equal(page.status, 200);
  assert.match(page.headers["content-type"], /^text\/html/);
  assert.match(page.headers.etag, /^"[^"]+"$/);
  assert.equal(page.headers["cache-control"], "no-cache");
  for (const match of [page.headers.etag, `"other", ${page.headers.etag}`, `W/${page.headers.etag}`]) {
    const again = await get("/", { "if-none-match": match });
    assert.deepEqual([again.status, again.bytes.length], [304, 0], match);
    assert.equal(again.headers.etag, page.headers.etag);
  }
  assert.equal((await get("/", { "if-none-match": '"other"' })).status, 200);
});

test("a file comes in gzip to whoever takes it, and plain to whoever does not", async () => {
  const plain = await get("/");
  const packed = await get("/", { "accept-encoding": "br, gzip;q=0.9" });
  assert.equal(plain.headers["content-encoding"], undefined);
  assert.match(packed.headers.vary, /accept-encoding/i);
  assert.equal(packed.headers["content-encoding"], "gzip");
  assert.deepEqual(gunzipSync(packed.bytes), plain.bytes);
  assert.notEqual(packed.headers.etag, plain.headers.etag);
  const refused = await get("/", { "accept-encoding": "gzip;q=0, br" });
  assert.equal(refused.headers["content-encoding"], undefined, "q=0 means not");
});

test("pages forbid what they do not need", async () => {
  const { headers } = await get("/");
  assert.match(headers["content-security-policy"], /default-src 'self'/);
  assert.match(headers["content-security-policy"], /frame-ancestors 'none'/);
  assert.equal(headers["x-content-type-options"], "nosniff");
  assert.equal(headers["x-frame-options"], "DENY");
});

test("the files that the page names are there, for ever", async () => {
  for (const name of await filesOfPage()) {
    const { status, headers } = await get(name);
    assert.equal(status, 200, name);
    assert.match(headers["cache-control"], /immutable/);
  }
});

/* ---- bodies ---- */

const post = (body, type = "application/json") =>
  muster.api("POST", "/api/projects", body, { "content-type": type });

test("a body of another type is answered 415", async () => {
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json5",
    "",
  ]) {
    const { status, body } = await post('{"path":"/"}', type);
    assert.deepEqual([status, body.error.code], [415, "UNSUPPORTED_TYPE"], type);
  }
  const { status } = await post({ path: muster.project }, "application/json; charset=utf-8");
  assert.equal(status, 201);
});

test("JSON that is not valid is answered 400 with line and column", async () => {
  const { status, body } = await post('{\n  "path": "/tmp",\n  oops\n}');
  assert.deepEqual([status, body.error.code], [400, "INVALID_JSON"]);
  assert.match(body.error.message, /line 3, column \d+/);
  for (const text of [
    "",
    "{",
    '{"path":"/"} more',
    '{"path":"/","path":"/tmp"}',
    "\u0000",
    '{"path":"\\ud800"}',
  ]) {
    assert.equal((await post(text)).status, 400, text);
  }
  assert.equal((await post(Buffer.from('{"path":"\xff"}', "latin1"))).status, 400);
  assert.equal((await post(`${"[".repeat(100_000)}`)).status, 400);
});

test("a field that is missing or wrong is answered 422 and named", async () => {
  for (const [body, named] of [
    [{}, /path/],
    [{ path: 5 }, /path/],
    [{ path: muster.project, name: [] }, /name/],
    [[], /./],
  ]) {
    const { status, body: answer } = await post(JSON.stringify(body));
    assert.equal(status, 422, JSON.stringify(body));
    assert.match(answer.error.message, named);
  }
});

test("a body over the limit is answered 413, and one of the limit is read", async (t) => {
  const head = (length) =>
    `POST /api/projects HTTP/1.1\r\n${base()}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const early = await rawHttp(t, muster.port, head(BODY_BYTES + 1));
  assert.equal(early.status, 413, "said before the body is sent");
  assert.equal(JSON.parse(early.body).error.code, "TOO_LARGE");
  const huge = await rawHttp(t, muster.port, head("99999999999999999999999"));
  assert.ok(huge.status === 413 || huge.status === 400);
  const { status } = await post("x".repeat(BODY_BYTES));
  assert.equal(status, 400, "not JSON, but read");
  const chunks = `${"fff0\r\n" + "x".repeat(0xfff0) + "\r\n"}`.repeat(34);
  const chunked = `POST /api/projects HTTP/1.1\r\n${base()}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`;
  assert.equal((await rawHttp(t, muster.port, chunked)).status, 413);
});

test("who is not signed in is refused before a body that is longer than a sign-in needs", async (t) => {
  const head = (coding) =>
    `POST /api/projects HTTP/1.1\r\nHost: 127.0.0.1:${muster.port}\r\nContent-Type: application/json\r\n${coding}\r\n\r\n`;
  const early = await rawHttp(t, muster.port, head(`Content-Length: ${STRANGER_BODY_BYTES + 1}`));
  assert.equal(early.status, 401, "said before the body is sent");
  assert.equal(JSON.parse(early.body).error.code, "UNAUTHORIZED");
  const chunk = `${(STRANGER_BODY_BYTES + 1).toString(16)}\r\n`;
  assert.equal((await rawHttp(t, muster.port, head("Transfer-Encoding: chunked") + chunk)).status, 401);
  const raw = await openRaw(t, muster.port);
  raw.send(`${head(`Content-Length: ${STRANGER_BODY_BYTES}`)}${"x".repeat(STRANGER_BODY_BYTES - 1)}`);
  await muster.api("GET", "/healthz");
  assert.equal(raw.received.length, 0, "one of the limit is read to its end");
  raw.send("x");
  await raw.signs.find(({ what }) => what === "data", { what: "the answer" });
  assert.equal(parseHttp(raw.received).status, 401);
});

test("a client that sends its large body all the same can read the 413", async () => {
  const { status } = await post("x".repeat(4 * BODY_BYTES));
  assert.equal(status, 413);
});

test("Expect: 100-continue is answered before the body", async (t) => {
  const raw = await openRaw(t, muster.port);
  raw.send(
    `POST /api/projects HTTP/1.1\r\n${base()}Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
  );
  await raw.signs.find(() => raw.received.includes("100 Continue\r\n\r\n"), { what: "100 Continue" });
  raw.send("{}");
  await raw.ended();
  assert.match(raw.received.toString(), /HTTP\/1\.1 422 /);
});

test("a chunked body is put together", async (t) => {
  const body = JSON.stringify({ path: "/no/such/directory" });
  const chunks = [...body].map((char) => `1;ext=1\r\n${char}\r\n`).join("");
  const [answer] = await exchange(
    t,
    `POST /api/projects HTTP/1.1\r\n${base()}Content-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
  );
  assert.equal(answer.status, 422);
  assert.equal(JSON.parse(answer.body).error.code, "PATH_INVALID");
});

/* ---- heads ---- */

test("a head over the limit is answered 431", async (t) => {
  for (const more of [`X-Long: ${"x".repeat(HEAD_BYTES)}\r\n`, "X-Many: 1\r\n".repeat(101)]) {
    const [answer] = await exchange(t, `GET /healthz HTTP/1.1\r\n${base()}${more}\r\n`);
    assert.equal(answer.status, 431);
  }
  const [answer] = await exchange(t, `GET /${"x".repeat(HEAD_BYTES)} HTTP/1.1\r\n${base()}\r\n`);
  assert.equal(answer.status, 431);
});

const GOOD_NEXT = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
const SMUGGLING = {
  "Content-Length and Transfer-Encoding": (head) =>
    `POST /api/projects HTTP/1.1\r\n${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding twice": (head) =>
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding: xchunked": (head) =>
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding: chunked, identity": (head) =>
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding with a vertical tab": (head) =>
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  "a space before the colon": (head) => `POST / HTTP/1.1\r\n${head}Content-Length : 5\r\n\r\nabcde`,
  "Content-Length twice": (head) =>
    `POST / HTTP/1.1\r\n${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
  "Content-Length as a list": (head) => `POST / HTTP/1.1\r\n${head}Content-Length: 5, 5\r\n\r\nabcde`,
  "Content-Length with a sign": (head) => `POST / HTTP/1.1\r\n${head}Content-Length: +5\r\n\r\nabcde`,
  "a negative Content-Length": (head) => `POST / HTTP/1.1\r\n${head}Content-Length: -5\r\n\r\nabcde`,
  "a hexadecimal Content-Length": (head) => `POST / HTTP/1.1\r\n${head}Content-Length: 0x5\r\n\r\nabcde`,
  "a continued line": (head) => `GET / HTTP/1.1\r\n${head}X-A: b\r\n c: d\r\n\r\n`,
  "a continued first line": (head) => `GET / HTTP/1.1\r\n ${head}\r\n`,
  "a bare line feed": (head) => `GET / HTTP/1.1\n${head}\r\n`,
  "a bare line feed at the end": (head) => `GET / HTTP/1.1\r\n${head}\n`,
  "a bare carriage return": (head) => `GET / HTTP/1.1\r\n${head}X-A: b\rX-C: d\r\n\r\n`,
  "a NUL byte": (head) => `GET / HTTP/1.1\r\n${head}X-A: b\0\r\n\r\n`,
  "Host twice": (head) => `GET / HTTP/1.1\r\n${head}Host: evil.example\r\n\r\n`,
  "no Host": () => "GET / HTTP/1.1\r\n\r\n",
  "an absolute target": (head) => `GET http://evil.example/ HTTP/1.1\r\n${head}\r\n`,
  "a target of CONNECT": (head) => `CONNECT evil.example:443 HTTP/1.1\r\n${head}\r\n`,
  "a target that is no path": (head) => `GET healthz HTTP/1.1\r\n${head}\r\n`,
  "two spaces in the request line": (head) => `GET  / HTTP/1.1\r\n${head}\r\n`,
  "HTTP/0.9": () => "GET /\r\n\r\n",
  "HTTP/2.0": (head) => `GET / HTTP/2.0\r\n${head}\r\n`,
  "HTTP/1.2": (head) => `GET / HTTP/1.2\r\n${head}\r\n`,
  "the preface of HTTP/2": () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a TLS hello": () => Buffer.from("160301020001000100", "hex").toString("latin1"),
  "a bad chunk size": (head) => `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`,
  "a chunk that is longer than it says": (head) =>
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n`,
  "a chunk with a bare line feed": (head) =>
    `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n`,
  "an upgrade with a body": (head) =>
    `GET /socket/websocket HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc`,
};

for (const [name, make] of Object.entries(SMUGGLING)) {
  test(`${name}: answered 400, and the connection is closed`, async (t) => {
    const answers = await exchange(t, Buffer.from(make(base()) + GOOD_NEXT, "latin1"));
    assert.equal(answers.length, 1, "what follows is not read as a request");
    assert.equal(answers[0].status, 400);
    assert.equal(answers[0].headers.connection, "close");
  });
}

/* ---- connections ---- */

test("pipelined requests are answered in order, each as if it were alone", async (t) => {
  const requests = ["/healthz", "/api/projects", "/", "/api/agents", "/api/nothing", "/metrics", "/healthz"];
  const bodies = requests.map((path, n) => {
    const last = n === requests.length - 1 ? "Connection: close\r\n" : "";
    return `GET ${path} HTTP/1.1\r\n${base()}${last}\r\n`;
  });
  const body = JSON.stringify({ path: "/no/such/directory" });
  bodies.splice(
    3,
    0,
    `POST /api/projects HTTP/1.1\r\n${base()}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const statuses = [200, 200, 200, 422, 200, 404, 200, 200];
  const all = bodies.join("");
  for (const size of [all.length, 1000, 7]) {
    const raw = await openRaw(t, muster.port);
    for (let at = 0; at < all.length; at += size) raw.send(all.slice(at, at + size));
    await raw.ended();
    assert.deepEqual(
      readAll(raw.received).map(({ status }) => status),
      statuses,
      `${size} bytes at a time`,
    );
  }
});

test("who ends its own side behind its requests still gets every answer whole", async (t) => {
  const { path, length } = await longestFile();
  const answered = async () => Number(/^muster_http_requests_total (\d+)$/m.exec((await muster.api("GET", "/metrics")).text)[1]);
  // How much the two sockets hold is the kernel's; of one of these sizes some is left in the server.
  for (let times = 1; times <= 15; times += 2) {
    const raw = await openRaw(t, muster.port);
    const before = await answered();
    raw.socket.pause();
    raw.socket.end(`GET ${path} HTTP/1.1\r\n${base()}\r\n`.repeat(times));
    await poll(async () => (await answered()) >= before + times, "every answer");
    raw.socket.resume();
    await raw.ended();
    const bodies = readAll(raw.received).map(({ status, body }) => `${status} ${body.length}`);
    assert.deepEqual(bodies, Array(times).fill(`200 ${length}`));
  }
});

test("what comes behind a Connection: close is not answered", async (t) => {
  const one = `GET /healthz HTTP/1.1\r\n${base()}Connection: close\r\n\r\n`;
  assert.equal((await exchange(t, one + one)).length, 1);
  assert.equal((await exchange(t, `GET /healthz HTTP/1.0\r\n${base()}\r\n${one}`)).length, 1);
});

test("a WebSocket frame behind its handshake, in the same packet, is read", async (t) => {
  const raw = await openRaw(t, muster.port);
  const handshake = `GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\n${base()}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16, 7).toString("base64")}\r\n\r\n`;
  raw.send(Buffer.concat([Buffer.from(handshake), Buffer.from([0x89, 0x82, 0, 0, 0, 0, 0x68, 0x69])]));
  const pong = Buffer.from([0x8a, 0x02, 0x68, 0x69]);
  await raw.signs.find(() => raw.received.includes(pong), { what: "the pong" });
});

test("/metrics is in Prometheus' text format", async () => {
  const { status, headers, text } = await muster.api("GET", "/metrics");
  assert.equal(status, 200);
  assert.match(headers["content-type"], /^text\/plain; version=0\.0\.4/);
  assert.ok(text.endsWith("\n"));
  const families = new Map();
  for (const line of text.trimEnd().split("\n")) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (muster_[a-z_]+) (.+)$/.exec(line) ?? [];
    if (kind === "TYPE") assert.match(rest, /^(counter|gauge)$/);
    if (kind) {
      families.set(name, (families.get(name) ?? "") + kind);
      continue;
    }
    const [, sample] = /^(muster_[a-z_]+) -?\d+$/.exec(line) ?? assert.fail(line);
    assert.equal(families.get(sample), "HELPTYPE", "each has a help and a type before it, once");
  }
  assert.ok(families.size > 10);
});

test("/healthz answers ok", async () => {
  const { status, text } = await get("/healthz");
  assert.deepEqual([status, text], [200, "ok\n"]);
});

test("100 requests at once, on as many connections, are all answered", async () => {
  const asked = Array.from({ length: 100 }, (_, n) => muster.api("GET", n % 2 ? "/api/projects" : "/"));
  const statuses = (await within(Promise.all(asked), "100 answers")).map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([200]));
});

test("a request that is reset in its middle harms nobody", async (t) => {
  for (const bytes of ["GET", `POST /api/projects HTTP/1.1\r\n${base()}Content-Length: 100\r\n\r\n{`, ""]) {
    const raw = await openRaw(t, muster.port);
    raw.send(bytes);
    raw.reset();
  }
  const ws = await openWebSocket(t, muster.port, { token: muster.token });
  ws.frame(1, "half", { length: 1000 });
  ws.raw.reset();
  assert.equal((await get("/healthz")).status, 200);
});

test(`a head that takes longer than ${HEAD_SECONDS} s is cut off, though bytes keep coming`, async () => {
  const ms = await slowHead;
  assert.ok(ms > (HEAD_SECONDS - 1.5) * 1000 && ms < (HEAD_SECONDS + 2.5) * 1000, `after ${ms} ms`);
});

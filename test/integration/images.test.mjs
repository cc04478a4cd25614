/** Images: uploaded once, named by prompts, given to the agent whole, and gone when nothing names them. */
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeGate } from "../lib/gate.mjs";
import { http } from "../lib/http.mjs";
import { startMuster } from "../lib/muster.mjs";
import { seeingClaude } from "../lib/seeing-claude.mjs";
import { describe, test } from "../lib/test.mjs";
import { poll } from "../lib/wait.mjs";

const IMAGE_BYTES = 10 * 1024 * 1024;
const MAGIC = {
  "image/png": Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
  "image/jpeg": Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  "image/gif": Buffer.from("GIF89a"),
  "image/webp": Buffer.from("RIFF\0\0\0\0WEBP", "latin1"),
};

function picture(type = "image/png", bytes = 100) {
  return Buffer.concat([MAGIC[type], randomBytes(bytes - MAGIC[type].length)]);
}
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const upload = (muster, bytes, type = "image/png") =>
  muster.api("POST", "/api/images", bytes, { "content-type": type });
const uploaded = async (muster, bytes, type = "image/png") => {
  const { status, body, text } = await upload(muster, bytes, type);
  assert.ok(status === 201 || status === 200, text);
  return body;
};
const send = (muster, id, text, images, messageId = randomUUID()) =>
  muster.api("POST", `/api/sessions/${id}/messages`, { id: messageId, text, images });
const idle = (muster, id) =>
  poll(async () => {
    const row = await muster.ok("GET", `/api/sessions/${id}`);
    return row.state !== "working" && row.queue_length === 0 && row;
  }, `the session ${id} to be done`);
const messagesOf = async (muster, id) => (await muster.ok("GET", `/api/sessions/${id}/messages`)).messages;

/** A server whose claude says what it sees. */
async function open(t, { gated = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "muster-seeing-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const gate = gated ? makeGate(t, folder) : null;
  const claude = seeingClaude(folder, { hold: gate?.path });
  const muster = await startMuster(t, { path: [claude.dir] });
  return { muster, claude, gate, ...(await muster.newSession("claude")) };
}

function refused({ status, body, text }, wanted, words) {
  assert.equal(status, wanted, text);
  assert.match(body.error.message, words);
}

describe("the addresses", () => {
  test("an image is stored once, and served as it was", async (t) => {
    const muster = await startMuster(t);
    for (const type of Object.keys(MAGIC)) {
      const bytes = picture(type);
      const first = await upload(muster, bytes, type);
      assert.equal(first.status, 201, first.text);
      const { id, created_at } = first.body;
      assert.deepEqual(first.body, { id: sha256(bytes), type, bytes: 100, created_at });
      const again = await upload(muster, bytes, `${type}; charset=x`);
      assert.equal(again.status, 200);
      assert.deepEqual(again.body, first.body);
      const got = await muster.api("GET", `/api/images/${id}`);
      assert.equal(got.status, 200);
      assert.deepEqual(got.bytes, bytes);
      assert.equal(got.headers["content-type"], type);
      assert.equal(got.headers["x-content-type-options"], "nosniff");
      assert.equal(got.headers["content-security-policy"], "sandbox");
      assert.match(got.headers["cache-control"], /private.*immutable/);
      const head = await muster.api("HEAD", `/api/images/${id}`);
      assert.equal(head.status, 200);
      assert.equal(head.headers["content-length"], "100");
      assert.equal(head.bytes.length, 0);
      const match = await muster.api("GET", `/api/images/${id}`, undefined, { "if-none-match": got.headers.etag });
      assert.equal(match.status, 304);
      const mode = statSync(join(muster.dataDir, "images", id)).mode & 0o777;
      assert.equal(mode, 0o600);
    }
    assert.equal(readdirSync(join(muster.dataDir, "images")).length, 4);
  });

  test("what is no image, too large, or somebody else's is refused with a sentence", async (t) => {
    const muster = await startMuster(t);
    refused(await upload(muster, Buffer.from("<svg/>")), 422, /not an image that agents take: PNG, JPEG, WebP or GIF/);
    refused(await upload(muster, picture("image/gif"), "image/png"), 422, /says that it is image\/gif.*image\/png/);
    refused(await upload(muster, picture(), "image/svg+xml"), 415, /Content-Type of image\/png/);
    refused(await upload(muster, picture(), "application/json"), 415, /Content-Type of image\/png/);
    refused(await upload(muster, Buffer.alloc(0)), 422, /empty/);
    refused(await upload(muster, picture("image/png", IMAGE_BYTES + 1)), 413, /10485760 bytes/);
    const unsigned = { method: "POST", path: "/api/images", body: picture(), headers: { "content-type": "image/png" } };
    assert.equal((await http(muster.url, unsigned)).status, 401);
    const large = { ...unsigned, body: picture("image/png", IMAGE_BYTES) };
    const { status: large401 } = await http(muster.url, large).catch(({ code }) => ({ status: code }));
    assert.ok(large401 === 401 || large401 === "EPIPE" || large401 === "ECONNRESET", String(large401));
    const { id } = await uploaded(muster, picture());
    assert.equal((await http(muster.url, { path: `/api/images/${id}` })).status, 401);
    for (const other of [sha256("other"), "..%2F..%2Ftoken", id.toUpperCase(), "x"]) {
      refused(await muster.api("GET", `/api/images/${other}`), 404, /no image/);
    }
    assert.equal((await muster.api("DELETE", `/api/images/${id}`)).status, 405);
    const largest = await upload(muster, picture("image/png", IMAGE_BYTES));
    assert.equal(largest.status, 201, largest.text);
  });

  test("no other request may be that large", async (t) => {
    const muster = await startMuster(t);
    const { status } = await muster.api("POST", "/api/projects", Buffer.alloc(3 * 1024 * 1024, 32)).catch((error) => ({
      status: error.code,
    }));
    assert.ok(status === 413 || status === "EPIPE" || status === "ECONNRESET", String(status));
  });
});

describe("prompts", () => {
  test("the agent gets every byte of the largest images, and the message names them", async (t) => {
    const { muster, claude, sessionId } = await open(t);
    const pictures = [picture("image/png", IMAGE_BYTES), picture("image/jpeg", IMAGE_BYTES), picture("image/gif")];
    const types = ["image/png", "image/jpeg", "image/gif"];
    const images = [];
    for (const [i, bytes] of pictures.entries()) images.push(await uploaded(muster, bytes, types[i]));
    const { status, text } = await send(muster, sessionId, "look", images.map(({ id }) => id));
    assert.equal(status, 202, text);
    const [seen] = await claude.seen(1);
    assert.equal(seen.text, "look");
    assert.deepEqual(seen.images, pictures.map((bytes, i) => ({ type: types[i], bytes: bytes.length, sha256: sha256(bytes) })));
    await idle(muster, sessionId);
    const [user, answer] = await messagesOf(muster, sessionId);
    assert.equal(user.metadata.turn.outcome, "done");
    assert.deepEqual(user.metadata.images, images.map(({ id, type, bytes }) => ({ id, type, bytes })));
    assert.equal(answer.text, "seen 3 images");
  });

  test("a prompt of images alone needs no text", async (t) => {
    const { muster, claude, sessionId } = await open(t);
    const { id } = await uploaded(muster, picture());
    assert.equal((await send(muster, sessionId, "", [id])).status, 202);
    const [seen] = await claude.seen(1);
    assert.equal(seen.images.length, 1);
    await idle(muster, sessionId);
    refused(await send(muster, sessionId, "", []), 422, /needs a text/);
  });

  test("a prompt that a dying process did not answer is given to the next one with its images", async (t) => {
    const { muster, claude, sessionId } = await open(t);
    const { id } = await uploaded(muster, picture());
    await send(muster, sessionId, "first");
    await idle(muster, sessionId);
    await send(muster, sessionId, "die once", [id]);
    await claude.seen(3);
    await idle(muster, sessionId);
    const [, died, again] = claude.all();
    assert.deepEqual(again, died);
    assert.deepEqual(again.images.map(({ sha256 }) => sha256), [id]);
    assert.equal((await messagesOf(muster, sessionId)).at(-1).text, "seen 1 images");
  });

  test("what cannot be given is refused, and says why", async (t) => {
    const { muster, sessionId, projectId } = await open(t);
    const { id } = await uploaded(muster, picture());
    refused(await send(muster, sessionId, "x", [sha256("none")]), 422, new RegExp(`no image "${sha256("none")}"`));
    refused(await send(muster, sessionId, "x", ["../token"]), 422, /no image "\.\.\/token"/);
    refused(await send(muster, sessionId, "x", Array(11).fill(id)), 422, /at most 10 images/);
    const shell = await muster.newSession("shell", { projectId });
    refused(await send(muster, shell.sessionId, "x", [id]), 422, /"shell" takes no images/);
    assert.deepEqual(await messagesOf(muster, sessionId), []);
  });

  test("images wait in the queue with their prompt, through changes and a kill -9 of the server", async (t) => {
    const { muster, claude, gate, sessionId } = await open(t, { gated: true });
    const bytes = [picture(), picture(), picture()];
    const ids = [];
    for (const one of bytes) ids.push((await uploaded(muster, one)).id);
    const queued = randomUUID();
    await send(muster, sessionId, "first", [ids[0]]);
    await claude.seen(1);
    const answer = await send(muster, sessionId, "second", [ids[1], ids[2]], queued);
    assert.equal(answer.body.queued, true);
    await send(muster, sessionId, "third", []);
    const edit = (body) => muster.ok("POST", `/api/sessions/${sessionId}/queue`, { id: queued, ...body });
    await edit({ text: "second, edited" });
    await edit({ position: 2 });
    await edit({ text: "" });
    await edit({ position: 1 });
    await muster.kill9();
    await muster.start();
    gate.open();
    await claude.seen(2);
    gate.open();
    await claude.seen(3);
    gate.open();
    await idle(muster, sessionId);
    const [, second, third] = claude.all();
    assert.deepEqual(second.images.map(({ sha256 }) => sha256), [ids[1], ids[2]]);
    assert.deepEqual(third.images, []);
    const users = (await messagesOf(muster, sessionId)).filter(({ kind }) => kind === "user");
    assert.deepEqual(users[1].metadata.images.map(({ id }) => id), [ids[1], ids[2]]);
    assert.equal(users[1].metadata.queued, true);
    assert.equal((await send(muster, sessionId, "", [ids[1]], queued)).body.queued, true, "the same answer again");
  });
});

describe("what nothing names", () => {
  test("an image that no message names goes after a day; one that is named stays until its session goes", async (t) => {
    const { muster, claude, sessionId } = await open(t);
    const [used, unused, fresh] = [picture(), picture(), picture()];
    for (const one of [used, unused, fresh]) await uploaded(muster, one);
    await send(muster, sessionId, "keep", [sha256(used)]);
    await claude.seen(1);
    await idle(muster, sessionId);
    const file = (bytes) => join(muster.dataDir, "images", sha256(bytes));
    const age = (bytes) => utimesSync(file(bytes), new Date(0), Date.now() / 1000 - 25 * 3600);
    age(used);
    age(unused);
    await muster.restart();
    await poll(() => !existsSync(file(unused)), "the unused image to go");
    assert.equal((await muster.api("GET", `/api/images/${sha256(unused)}`)).status, 404);
    assert.equal((await muster.api("GET", `/api/images/${sha256(used)}`)).status, 200);
    assert.equal((await muster.api("GET", `/api/images/${sha256(fresh)}`)).status, 200);
    assert.equal((await upload(muster, unused)).status, 201, "it can come again");
    await muster.ok("DELETE", `/api/sessions/${sessionId}`);
    await muster.restart();
    await poll(() => !existsSync(file(used)), "the image of a deleted session to go");
    assert.ok(existsSync(file(fresh)));
  });
});

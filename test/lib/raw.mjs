/**
 * Raw bytes to the server: what no proper client would send, and HTTP and WebSocket read by hand.
 */
import { createHash, randomBytes } from "node:crypto";
import { connect as connectTcp } from "node:net";
import { Feed, within } from "./wait.mjs";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEPT_BYTES = 65_536;
export const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** A TCP connection whose bytes are gathered as they come. */
export class RawConnection {
  /** Everything that the server has sent. */
  received = Buffer.alloc(0);
  /** {what: "data" | "end" | "close" | "error"} as they happen. */
  signs = new Feed();
  closed = false;

  /** @param {import("node:net").Socket} socket */
  constructor(socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.onData?.();
      this.signs.add({ what: "data" });
    });
    socket.on("end", () => this.signs.add({ what: "end" }));
    socket.on("error", (error) => this.signs.add({ what: "error", code: error.code }));
    socket.on("close", () => {
      this.closed = true;
      this.signs.add({ what: "close" });
    });
  }

  send(bytes) {
    this.socket.write(bytes);
  }

  /** Resolves when the server has ended the connection, in whatever way. */
  ended(ms) {
    const isEnd = (sign) => sign.what === "end" || sign.what === "close";
    return this.signs.find(isEnd, { what: "the server to end the connection", ms });
  }

  /** Ends the connection with a reset. */
  reset() {
    this.socket.resetAndDestroy();
  }

  close() {
    this.socket.destroy();
  }
}

/**
 * @param {import("node:test").TestContext | null} t
 * @param {number} port
 */
export async function openRaw(t, port) {
  const socket = connectTcp({ host: "127.0.0.1", port, allowHalfOpen: true });
  const raw = new RawConnection(socket);
  t?.after(() => raw.close());
  await within(new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject)), "a TCP connection");
  return raw;
}

/**
 * Sends bytes as they are and reads one HTTP answer, or null where the server just hangs up.
 * @param {import("node:test").TestContext | null} t
 * @param {number} port
 * @param {string | Buffer} bytes
 * @returns {Promise<{status: number, reason: string, headers: Record<string, string>, body: Buffer} | null>}
 */
export async function rawHttp(t, port, bytes, { ms = 15_000 } = {}) {
  const raw = await openRaw(t, port);
  raw.send(bytes);
  const whole = () => parseHttp(raw.received, raw.closed);
  const done = (sign) => sign.what !== "data" || whole() !== null;
  await raw.signs.find(done, { what: "an HTTP answer", ms });
  const answer = whole() ?? parseHttp(raw.received, true);
  raw.close();
  return answer;
}

/** The answer at the start of the bytes; null while it is not whole. */
export function parseHttp(bytes, ended = false) {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const [statusLine, ...lines] = bytes.subarray(0, headEnd).toString("latin1").split("\r\n");
  const [, status, reason = ""] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
  const headers = Object.fromEntries(lines.map(splitHeader));
  const rest = bytes.subarray(headEnd + 4);
  const bare = status === "101" || status === "204" || status === "304";
  const length = bare ? 0 : Number(headers["content-length"] ?? (ended ? rest.length : Infinity));
  if (rest.length < length && !ended) return null;
  const body = rest.subarray(0, Math.min(length, rest.length));
  return { status: Number(status), reason, headers, body, rest: rest.subarray(body.length) };
}

function splitHeader(line) {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** A WebSocket spoken by hand. */
export class RawWebSocket {
  /** Frames in order: {fin, rsv, opcode, masked, payload: Buffer, text?, json?, code?, reason?}. */
  frames = new Feed();
  #parsed = 0;
  #ref = 0;

  constructor(raw, handshake) {
    this.raw = raw;
    this.handshake = handshake;
    this.#parsed = raw.received.length - handshake.rest.length;
    raw.onData = () => this.#parse();
    this.#parse();
  }

  /** Sends one frame; masked unless told otherwise. */
  frame(opcode, payload = "", options = {}) {
    this.raw.send(encodeFrame(opcode, payload, options));
  }

  /** Sends a text frame with a JSON value. */
  json(value) {
    this.frame(OP.text, JSON.stringify(value));
  }

  /** Sends a V2 message and resolves with the payload of its reply. */
  async call(topic, event, payload = {}, joinRef = null) {
    const ref = `raw${(this.#ref += 1)}`;
    this.json([joinRef, ref, topic, event, payload]);
    const isReply = ({ json }) => Array.isArray(json) && json[1] === ref && json[3] === "phx_reply";
    const frame = await this.frames.find(isReply, { what: `the reply to ${event} on ${topic}` });
    return frame.json[4];
  }

  /** The next frame that fits, past those returned before. */
  next(predicate = () => true, ms) {
    return this.frames.next(predicate, { what: "a frame", ms });
  }

  /** Resolves with the close frame, or null where the connection ended without one. */
  async closeFrame(ms) {
    const isClose = (frame) => frame.opcode === OP.close;
    const frame = this.frames.find(isClose, { what: "a close frame", ms });
    return Promise.race([frame, this.raw.ended(ms).then(() => this.frames.items.find(isClose) ?? null)]);
  }

  close() {
    this.raw.close();
  }

  /** Of a long talk, keeps what is not read yet. */
  #forget() {
    if (this.#parsed < KEPT_BYTES) return;
    this.raw.received = Buffer.from(this.raw.received.subarray(this.#parsed));
    this.#parsed = 0;
  }

  #parse() {
    for (;;) {
      const found = decodeFrame(this.raw.received.subarray(this.#parsed));
      if (found === null) return this.#forget();
      this.#parsed += found.size;
      this.frames.add(found.frame);
    }
  }
}

/**
 * Opens a WebSocket. `headers` replace or (null) remove those of a proper handshake.
 * @param {import("node:test").TestContext | null} t
 * @param {number} port
 * @param {{path?: string, token?: string, headers?: Record<string, string | null>, method?: string}} [options]
 * @returns {Promise<RawWebSocket>} throws an error with `answer` where it is refused
 */
export async function openWebSocket(t, port, options = {}) {
  const raw = await openRaw(t, port);
  const { bytes, accept } = handshakeRequest(port, options);
  raw.send(bytes);
  const whole = () => parseHttp(raw.received, raw.closed);
  await raw.signs.find(() => whole() !== null || raw.closed, { what: "an answer to the handshake" });
  const answer = whole();
  if (answer?.status !== 101) {
    const error = new Error(`the WebSocket was refused with ${answer?.status}: ${answer?.body}`);
    throw Object.assign(error, { answer });
  }
  if (answer.headers["sec-websocket-accept"] !== accept) throw new Error("Sec-WebSocket-Accept is wrong");
  return new RawWebSocket(raw, answer);
}

/** The answer to a handshake that should be refused. */
export async function refusedWebSocket(t, port, options = {}) {
  const { bytes } = handshakeRequest(port, options);
  return rawHttp(t, port, bytes);
}

function handshakeRequest(port, { path = "/socket/websocket?vsn=2.0.0", token, headers = {}, method = "GET" }) {
  const key = randomBytes(16).toString("base64");
  const all = {
    Host: `127.0.0.1:${port}`,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Key": key,
    "Sec-WebSocket-Version": "13",
    ...(token && { Authorization: `Bearer ${token}` }),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  const bytes = `${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
  return { bytes, accept: createHash("sha1").update(key + GUID).digest("base64") };
}

/** @param {{fin?: boolean, rsv?: number, masked?: boolean, length?: number}} options  length: a lie */
export function encodeFrame(opcode, payload, { fin = true, rsv = 0, masked = true, length } = {}) {
  const body = Buffer.from(payload);
  const size = length ?? body.length;
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const maskBit = masked ? 0x80 : 0;
  if (size < 126) head.push(maskBit | size);
  else if (size < 65536) head.push(maskBit | 126, size >> 8, size & 0xff);
  else head.push(maskBit | 127, ...bigEndian(size));
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  const mask = randomBytes(4);
  const hidden = body.map((byte, at) => byte ^ mask[at % 4]);
  return Buffer.concat([Buffer.from(head), mask, hidden]);
}

function bigEndian(size) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  return bytes;
}

function decodeFrame(bytes) {
  if (bytes.length < 2) return null;
  const masked = (bytes[1] & 0x80) !== 0;
  let length = bytes[1] & 0x7f;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) return null;
    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }
  const size = at + (masked ? 4 : 0) + length;
  if (bytes.length < size) return null;
  const payload = Buffer.from(bytes.subarray(size - length, size));
  const opcode = bytes[0] & 0x0f;
  const frame = { fin: (bytes[0] & 0x80) !== 0, rsv: (bytes[0] >> 4) & 7, opcode, masked, payload };
  return { size, frame: { ...frame, ...readPayload(opcode, payload) } };
}

function readPayload(opcode, payload) {
  if (opcode === OP.close && payload.length >= 2) {
    return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
  }
  if (opcode !== OP.text) return {};
  const text = payload.toString();
  try {
    return { text, json: JSON.parse(text) };
  } catch {
    return { text };
  }
}

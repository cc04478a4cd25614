/**
 * Thousands of WebSockets on one topic, as cheap as a socket each: the handshake and the join are
 * made once and sent in one piece. Comes back after a lost connection as phoenix.js does, at 10, 50,
 * 100, 150, 200, 250, 500, 1000 and 2000 ms.
 */
import { connect } from "node:net";
import { encodeFrame, OP } from "./raw.mjs";
import { Feed } from "./wait.mjs";

const RETRY_MS = [10, 50, 100, 150, 200, 250, 500, 1000, 2000];
const HELD_BYTES = 4096;

export class Crowd {
  /** {what: "all joined"} whenever the last one missing has joined. */
  signs = new Feed();
  /** Answers to the handshake or the join that were refusals. */
  refusals = [];
  joined = 0;
  attempts = 0;
  #members = new Set();
  #ended = false;

  /**
   * @param {import("node:test").TestContext} t
   * @param {import("./muster.mjs").Muster} muster
   * @param {{count: number, topic: string, params?: object}} options
   */
  constructor(t, muster, { count, topic, params = {} }) {
    this.port = muster.port;
    this.count = count;
    const join = encodeFrame(OP.text, JSON.stringify(["1", "1", topic, "phx_join", params]));
    const head = [
      "GET /socket/websocket?vsn=2.0.0 HTTP/1.1",
      `Host: 127.0.0.1:${muster.port}`,
      `Authorization: Bearer ${muster.token}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${Buffer.alloc(16, 1).toString("base64")}`,
    ].join("\r\n");
    this.hello = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), join]);
    t.after(() => this.close());
    for (let n = 0; n < count; n += 1) this.#open(0);
  }

  /** Resolves when every one has joined since the last call. */
  allJoined(ms) {
    const story = { what: "all to join", ms };
    return this.signs
      .next((sign) => sign.what === "all joined", story)
      .catch((error) => {
        throw new Error(`${this.joined} of ${this.count} joined: ${error.message}`);
      });
  }

  close() {
    this.#ended = true;
    for (const socket of this.#members) socket.destroy();
  }

  #open(tries) {
    if (this.#ended) return;
    this.attempts += 1;
    const socket = connect({ host: "127.0.0.1", port: this.port });
    let answer = "";
    let isIn = false;
    this.#members.add(socket);
    socket.on("connect", () => socket.write(this.hello));
    socket.on("data", (chunk) => {
      if (isIn || answer.length > HELD_BYTES) return;
      answer += chunk.toString("latin1");
      if (answer.includes('"status":"ok"')) {
        isIn = true;
        this.#count(1);
      } else if (!answer.startsWith("HTTP/1.1 101") || answer.includes('"status":"error"')) {
        this.refusals.push(answer);
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#members.delete(socket);
      if (isIn) this.#count(-1);
      const wait = RETRY_MS[Math.min(isIn ? 0 : tries, RETRY_MS.length - 1)];
      if (!this.#ended) setTimeout(() => this.#open(isIn ? 1 : tries + 1), wait);
    });
  }

  #count(change) {
    this.joined += change;
    if (this.joined === this.count) this.signs.add({ what: "all joined" });
  }
}

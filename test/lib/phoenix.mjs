/**
 * The official Phoenix clients, 1.7 and 1.8 from npm and unpatched, over `ws` in Node.
 *
 *     const client = connect(t, muster, { version: "1.8" });
 *     const projects = client.channel("projects", () => ({ since }));
 *     const { status, response } = await projects.join();
 *     const push = await projects.next("session_updated");
 */
import { createRequire } from "node:module";
import WebSocket from "ws";
import { Feed, within } from "./wait.mjs";

const require = createRequire(import.meta.url);
const libraries = { "1.7": require("phoenix17"), "1.8": require("phoenix18") };

export const versions = Object.keys(libraries);

/**
 * @typedef {object} ClientOptions
 * @property {"1.7" | "1.8"} [version]  1.8 sends the token as a subprotocol, 1.7 as a header
 * @property {string | null} [token]  default the owner's; null for none
 * @property {string} [url]  default the server's; a proxy's for instance
 * @property {string} [origin]
 * @property {object} [socket]  further options of the client's Socket
 */

/**
 * Makes a client and lets it connect; it is closed when the test ends.
 * @param {import("node:test").TestContext | null} t
 * @param {import("./muster.mjs").Muster} muster
 * @param {ClientOptions} [options]
 */
export function connect(t, muster, options = {}) {
  const client = new PhoenixClient(muster, options);
  t?.after(() => client.close());
  client.socket.connect();
  return client;
}

export class PhoenixClient {
  /** Every frame in order: {dir: "in" | "out", text}. */
  frames = new Feed();
  /** What became of the connection: {what: "open"} and {what: "close", code, reason}. */
  states = new Feed();
  #transports = new Set();

  /**
   * @param {import("./muster.mjs").Muster} muster
   * @param {ClientOptions} options
   */
  constructor(muster, { version = "1.8", token = muster.token, url = muster.url, origin, socket = {} }) {
    const { Socket } = libraries[version];
    const bySubprotocol = version !== "1.7" && token !== null;
    const headers = {
      ...(!bySubprotocol && token !== null && { authorization: `Bearer ${token}` }),
      // A proxy in between is none of the server's business.
      ...(url !== muster.url && { host: new URL(muster.url).host }),
    };
    this.version = version;
    this.socket = new Socket(`${url.replace(/^http/, "ws")}/socket`, {
      transport: this.#makeTransport({ headers, origin }),
      ...(bySubprotocol && { authToken: token }),
      ...socket,
    });
    this.socket.onOpen(() => this.states.add({ what: "open" }));
    this.socket.onClose((event) => {
      this.states.add({ what: "close", code: event.code, reason: event.reason });
    });
  }

  /**
   * @param {string} topic
   * @param {object | (() => object)} [params]
   */
  channel(topic, params = {}) {
    return new TestChannel(this.socket.channel(topic, params), topic);
  }

  /** Resolves when the connection is open (again: the state after the last one returned). */
  opened(ms) {
    return this.states.next((state) => state.what === "open", { what: "the socket to open", ms });
  }

  closed(ms) {
    return this.states.next((state) => state.what === "close", { what: "the socket to close", ms });
  }

  /** Ends the TCP connection without a close frame, as a lost network does; the client comes back. */
  drop() {
    for (const transport of this.#transports) transport.terminate();
  }

  async close() {
    this.socket.disconnect();
    for (const transport of this.#transports) transport.terminate();
  }

  #makeTransport(options) {
    const { frames } = this;
    const transports = this.#transports;
    return class extends WebSocket {
      constructor(url, protocols = []) {
        super(url, protocols, options);
        transports.add(this);
        this.on("error", () => {});
        this.on("close", () => transports.delete(this));
        this.on("message", (data, binary) => frames.add({ dir: "in", ...frameData(data, binary) }));
      }

      send(data, ...rest) {
        frames.add({ dir: "out", ...frameData(data, typeof data !== "string") });
        super.send(data, ...rest);
      }
    };
  }
}

export class TestChannel {
  /** Every event of the topic that is not a reply or a lifecycle event: {event, payload}. */
  events = new Feed();

  constructor(channel, topic) {
    this.channel = channel;
    this.topic = topic;
    channel.onMessage = (event, payload) => {
      const internal = event === null || event.startsWith("chan_reply_") || event === "phx_reply";
      if (!internal) this.events.add({ event, payload });
      return payload;
    };
  }

  /** Joins; resolves with {status: "ok" | "error" | "timeout", response}, also where refused. */
  join(timeout) {
    return replyOf(this.channel.join(timeout), `the join of ${this.topic}`);
  }

  /** Joins and throws where the join is refused; resolves with the response. */
  async joined(timeout) {
    const { status, response } = await this.join(timeout);
    if (status === "ok") return response;
    throw new Error(`joining ${this.topic} ended in ${status}: ${JSON.stringify(response)}`);
  }

  /** Pushes an event; resolves with {status, response}. */
  push(event, payload = {}, timeout) {
    return replyOf(this.channel.push(event, payload, timeout), `the reply to ${event}`);
  }

  /**
   * The next event that fits, past those returned before.
   * @param {string | ((item: {event: string, payload: any}) => boolean)} wanted
   */
  async next(wanted, ms) {
    const fits = typeof wanted === "string" ? (item) => item.event === wanted : wanted;
    const what = `${typeof wanted === "string" ? wanted : "an event"} on ${this.topic}`;
    return this.events.next(fits, { what, ms });
  }

  /** The first event that fits, at whatever place. */
  find(wanted, ms) {
    const fits = typeof wanted === "string" ? (item) => item.event === wanted : wanted;
    const what = `${typeof wanted === "string" ? wanted : "an event"} on ${this.topic}`;
    return this.events.find(fits, { what, ms });
  }

  leave() {
    return replyOf(this.channel.leave(), `leaving ${this.topic}`);
  }
}

function replyOf(push, what) {
  const reply = new Promise((resolve) => {
    for (const status of ["ok", "error", "timeout"]) {
      push.receive(status, (response) => resolve({ status, response }));
    }
  });
  return within(reply, what);
}

function frameData(data, binary) {
  if (!binary) return { text: data.toString() };
  return { bytes: Buffer.from(data) };
}

/**
 * A TCP proxy on the loopback address between a client and the server, which can fail as networks do:
 *
 *   freeze()      on the connections of now nothing passes any more and nobody is told: no FIN, no
 *                 reset; with {newToo: true} also on those to come, as when a network is away
 *   thaw()        what was held back passes on
 *   cut()         resets every connection
 *   refuse()      new connections are reset at once, until accept()
 *   holdAnswer()  holds back what the server answers to requests of one path, for a slow GET
 */
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { Feed } from "./wait.mjs";

/**
 * @param {import("node:test").TestContext | null} t
 * @param {number} port  the server's
 */
export async function startProxy(t, port) {
  const proxy = new TcpProxy(port);
  t?.after(() => proxy.close());
  await proxy.listen();
  return proxy;
}

export class TcpProxy {
  /** {what: "open" | "close" | "request", …}; requests as {method, path, upgrade}. */
  log = new Feed();
  port = 0;
  url = "";
  #target;
  #links = new Set();
  #frozenNew = false;
  #refusing = false;
  #holds = new Set();
  #server = createServer({ allowHalfOpen: true }, (client) => this.#onClient(client));

  constructor(target) {
    this.#target = target;
  }

  async listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = this.#server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** What a server must be told with --allow-host, so that it answers through the proxy. */
  get host() {
    return `127.0.0.1:${this.port}`;
  }

  /** Where new connections go from now on. */
  retarget(port) {
    this.#target = port;
  }

  /** The connections that are open now. */
  get open() {
    return this.#links.size;
  }

  /** The requests seen so far. */
  requests() {
    return this.log.items.filter((item) => item.what === "request");
  }

  freeze({ newToo = false } = {}) {
    this.#frozenNew = newToo;
    for (const link of this.#links) link.frozen = true;
  }

  thaw() {
    this.#frozenNew = false;
    for (const link of this.#links) {
      link.frozen = false;
      link.flush();
    }
  }

  cut() {
    for (const link of [...this.#links]) link.reset();
  }

  /** Forgets the frozen connections without telling the server of them. */
  abandonClients() {
    for (const link of [...this.#links]) link.client.destroy();
  }

  refuse() {
    this.#refusing = true;
  }

  accept() {
    this.#refusing = false;
  }

  /**
   * Holds back the answers on connections whose newest request fits, until release() is called.
   * @param {(request: {method: string, path: string}) => boolean} fits
   * @returns {{held: Promise<void>, release: () => void}}  held: the answer has begun to arrive
   */
  holdAnswer(fits) {
    let onHeld;
    const hold = { fits, held: new Promise((resolve) => (onHeld = resolve)), onHeld: () => onHeld() };
    hold.release = () => {
      this.#holds.delete(hold);
      for (const link of this.#links) link.flush();
    };
    this.#holds.add(hold);
    return hold;
  }

  async close() {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const link of [...this.#links]) link.destroy();
    await closed;
  }

  #onClient(client) {
    if (this.#refusing) {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: "127.0.0.1", port: this.#target, allowHalfOpen: true });
    const link = new Link(client, server, {
      mayPass: (direction) => !link.frozen && !(direction === "down" && this.#isHeld(link)),
      onRequest: (request) => this.log.add({ what: "request", ...request }),
      onClose: () => {
        this.#links.delete(link);
        this.log.add({ what: "close" });
      },
    });
    link.frozen = this.#frozenNew;
    this.#links.add(link);
    this.log.add({ what: "open" });
  }

  #isHeld(link) {
    for (const hold of this.#holds) {
      if (link.request === null || !hold.fits(link.request)) continue;
      hold.onHeld();
      return true;
    }
    return false;
  }
}

/** One client's connection and the one to the server that belongs to it. */
class Link {
  /** The newest HTTP request on it. */
  request = null;
  frozen = false;
  #queues = { up: [], down: [] };
  #upgraded = false;

  constructor(client, server, { mayPass, onRequest, onClose }) {
    Object.assign(this, { client, server, mayPass, onRequest, onClose });
    this.#pipe("up", client, server);
    this.#pipe("down", server, client);
  }

  flush() {
    for (const direction of ["up", "down"]) {
      const queue = this.#queues[direction];
      while (queue.length > 0 && this.mayPass(direction)) queue.shift()();
    }
  }

  reset() {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  destroy() {
    this.client.destroy();
    this.server.destroy();
  }

  #pipe(direction, from, to) {
    const pass = (act) => {
      this.#queues[direction].push(act);
      this.flush();
    };
    from.on("data", (chunk) => {
      if (direction === "up") this.#readRequest(chunk);
      pass(() => to.write(chunk));
    });
    from.on("end", () => pass(() => to.end()));
    from.on("error", () => pass(() => to.destroy()));
    from.on("close", () => {
      pass(() => to.destroy());
      if (this.client.destroyed && this.server.destroyed) this.onClose();
    });
  }

  #readRequest(chunk) {
    if (this.#upgraded) return;
    const head = chunk.toString("latin1");
    const line = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n/.exec(head);
    if (line === null) return;
    this.#upgraded = /\r\nupgrade: *websocket/i.test(head);
    this.request = { method: line[1], path: line[2], upgrade: this.#upgraded };
    this.onRequest(this.request);
  }
}

/**
 * Stands between the browser and muster and can hand out another build of the page, as a new muster
 * does: other names for every file, another worker, and nothing of the old build any more.
 *
 *     const proxy = await startBuildProxy(t, muster);
 *     proxy.release();      // from now on the new build; the sockets are cut
 */
import { createServer, request } from "node:http";
import { connect } from "node:net";

const HASHED = /([\w.-]+-[\w-]{8})\.(js|css)\b/g;
/** What the names of the new build have in common. */
export const NEW = ".v2.";

export async function startBuildProxy(t, muster) {
  const proxy = new BuildProxy(muster.port);
  t.after(() => proxy.close());
  await proxy.listen();
  return proxy;
}

class BuildProxy {
  #target;
  #isNew = false;
  #sockets = new Set();
  #server = createServer((incoming, answer) => this.#pass(incoming, answer));

  constructor(target) {
    this.#target = target;
    this.#server.on("upgrade", (incoming, socket, head) => this.#upgrade(incoming, socket, head));
  }

  async listen() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** The new build is here. */
  release() {
    this.#isNew = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #headers({ headers }) {
    const host = `127.0.0.1:${this.#target}`;
    const own = { ...headers, host, "accept-encoding": "identity" };
    delete own["if-none-match"];
    if (headers.origin) own.origin = `http://${host}`;
    return own;
  }

  #pass(incoming, answer) {
    const { method, url } = incoming;
    const isNew = this.#isNew; // an answer is of the build that was asked
    if (url.startsWith("/assets/") && url.includes(NEW) !== isNew) {
      answer.writeHead(404).end();
      return;
    }
    const options = { host: "127.0.0.1", port: this.#target, method, path: url.replace(NEW, "."), headers: this.#headers(incoming) };
    const outgoing = request(options, async (got) => {
      const chunks = [];
      for await (const chunk of got) chunks.push(chunk);
      const whole = Buffer.concat(chunks);
      const type = got.headers["content-type"] ?? "";
      const body = isNew ? renamed(type, url, whole) : whole;
      const { etag: _etag, ...headers } = { ...got.headers, "content-length": body.length };
      delete headers["transfer-encoding"];
      answer.writeHead(got.statusCode, headers).end(method === "HEAD" ? undefined : body);
    });
    outgoing.on("error", () => answer.destroy());
    incoming.pipe(outgoing);
  }

  #upgrade(incoming, socket, head) {
    const server = connect(this.#target, "127.0.0.1");
    const lines = Object.entries(this.#headers(incoming)).map(([name, value]) => `${name}: ${value}`);
    server.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    server.write(head);
    socket.pipe(server).pipe(socket);
    for (const one of [socket, server]) {
      this.#sockets.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        this.#sockets.delete(one);
        (one === socket ? server : socket).destroy();
      });
    }
  }
}

/** A file of the new build: made of the old one's by other names. */
function renamed(type, url, body) {
  if (url.startsWith("/api/") || !/html|javascript|css/.test(type)) return body;
  const text = body.toString().replace(HASHED, `$1${NEW}$2`);
  return Buffer.from(url === "/sw.js" ? text.replace(/VERSION = '/, "$&new-") : text);
}

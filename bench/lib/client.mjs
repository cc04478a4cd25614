// A WebSocket client for the whole-path rows: it counts frames and hands on the text of those that are asked
// for, and does nothing else, so that thousands of them leave the generator's core room.
import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { connect } from "node:net";

function mask(text) {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.from([0x81, 0x80 | body.length]) : Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), body]); /* a mask of zeros */
}

/** Connects and upgrades. onText(buffer) gets each text frame's payload; frames counts them. */
export function openSocket({ port, token, onText, path = "/socket/websocket?vsn=2.0.0" }) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const waiting = new Map();
    let [rest, upgraded, ref] = [Buffer.alloc(0), false, 0];
    const client = {
      frames: 0,
      bytes: 0,
      socket,
      push(topic, event, payload = {}, joinRef = null) {
        const id = String(++ref);
        socket.write(mask(JSON.stringify([joinRef, id, topic, event, payload])));
        return id;
      },
      /** Resolves with the reply's payload. */
      call(topic, event, payload) {
        return new Promise((answer) => {
          const id = client.push(topic, event, payload, event === "phx_join" ? String(ref + 1) : client.joined?.[topic]);
          if (event === "phx_join") (client.joined ??= {})[topic] = id;
          waiting.set(id, answer);
        });
      },
      close: () => socket.destroy(),
    };
    const reply = (text) => {
      const [, id, , event, payload] = JSON.parse(text);
      if (event !== "phx_reply" || !waiting.has(id)) return;
      waiting.get(id)(payload);
      waiting.delete(id);
    };
    const frames = (data) => {
      let at = 0;
      while (data.length - at >= 2) {
        let [size, head] = [data[at + 1] & 127, 2];
        if (size === 126) {
          if (data.length - at < 4) break;
          [size, head] = [data.readUInt16BE(at + 2), 4];
        } else if (size === 127) {
          if (data.length - at < 10) break;
          [size, head] = [Number(data.readBigUInt64BE(at + 2)), 10];
        }
        if (data.length - at < head + size) break;
        client.frames++;
        client.bytes += head + size;
        const text = data.subarray(at + head, at + head + size);
        if (waiting.size && text.includes("phx_reply")) reply(text);
        onText?.(text, client);
        at += head + size;
      }
      return data.subarray(at);
    };
    socket.on("data", (data) => {
      rest = rest.length ? Buffer.concat([rest, data]) : data;
      if (!upgraded) {
        const end = rest.indexOf("\r\n\r\n");
        if (end < 0) return;
        if (!rest.subarray(0, 12).includes("101")) return reject(new Error(`refused: ${rest.subarray(0, end)}`));
        rest = rest.subarray(end + 4);
        upgraded = true;
        resolve(client);
      }
      rest = Buffer.from(frames(rest));
    });
    socket.on("error", reject);
    socket.setNoDelay(true);
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n${token ? `Authorization: Bearer ${token}\r\n` : ""}\r\n`,
    );
  });
}

/** Opens `count` sockets, at most 64 at once, that have joined the topic. */
export async function openCrowd(count, topicOf, options) {
  const clients = [];
  const worker = async () => {
    while (clients.length < count) {
      const n = clients.push(null) - 1;
      clients[n] = await openSocket(options);
      await clients[n].call(topicOf(n), "phx_join");
    }
  };
  await Promise.all(Array.from({ length: Math.min(64, count) }, worker));
  return clients;
}

/** Requests over kept connections. api(method, path, body) resolves with the JSON, or throws. */
export function openApi({ port, token }, sockets = 16) {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets });
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const api = (method, path, body) =>
    new Promise((resolve, reject) => {
      const req = request({ agent, host: "127.0.0.1", port, method, path, headers }, (res) => {
        let text = "";
        res.on("data", (data) => (text += data));
        res.on("end", () => (res.statusCode < 300 ? resolve(text ? JSON.parse(text) : null) : reject(new Error(`${method} ${path}: ${res.statusCode} ${text.slice(0, 300)}`))));
      });
      req.on("error", reject);
      req.end(body === undefined ? undefined : JSON.stringify(body));
    });
  api.close = () => agent.destroy();
  return api;
}

/** Does make(0) … make(count - 1), `wide` at a time. */
export async function many(count, wide, make) {
  let next = 0;
  const worker = async () => {
    while (next < count) await make(next++);
  };
  await Promise.all(Array.from({ length: Math.min(wide, count) }, worker));
}

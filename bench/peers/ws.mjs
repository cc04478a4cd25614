// The `ws` package as a good author uses it: a broadcast is framed once, and the same bytes are written to
// every socket. Speaks the frames of Phoenix V2 that wsload does. Usage: node ws.mjs PORT
import { createServer } from "node:http";
import { Sender, WebSocketServer } from "ws";

const topics = new Map();
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

function reply(socket, [joinRef, ref, topic]) {
  socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status: "ok", response: {} }]));
}

function publish(topic, payload) {
  const text = Buffer.from(`[null,null,${JSON.stringify(topic)},"session_updated",${payload}]`);
  const frame = Buffer.concat(Sender.frame(text, { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true }));
  for (const socket of topics.get(topic) ?? []) socket._socket.write(frame);
}

sockets.on("connection", (socket) => {
  const joined = new Set();
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    const [, , topic, event, payload] = message;
    if (event === "publish") return publish(topic, JSON.stringify(payload));
    if (event === "phx_join") {
      if (!topics.has(topic)) topics.set(topic, new Set());
      topics.get(topic).add(socket);
      joined.add(topic);
    } else if (event === "phx_leave") {
      topics.get(topic)?.delete(socket);
      joined.delete(topic);
    }
    reply(socket, message);
  });
  socket.on("close", () => joined.forEach((topic) => topics.get(topic)?.delete(socket)));
  socket.on("error", () => {});
});
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });

// The stack that the product's specification names: Fastify, @fastify/websocket, better-sqlite3. One object
// is made per broadcast and printed once; a change of a row is committed before it is told.
// Usage: node fastify.mjs PORT DATABASE
import websocket from "@fastify/websocket";
import Database from "better-sqlite3";
import Fastify from "fastify";

const db = new Database(process.argv[3]);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = NORMAL");
db.exec(`CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, project_id TEXT, name TEXT, agent TEXT,
  state TEXT, created_at TEXT, updated_at TEXT, last_activity_at TEXT) WITHOUT ROWID`);
const insert = db.prepare("INSERT INTO sessions VALUES (?, ?, ?, 'shell', 'idle', ?, ?, ?)");
const rename = db.prepare("UPDATE sessions SET name = ?, updated_at = ? WHERE id = ? RETURNING *");

const topics = new Map();
const app = Fastify({ logger: false });
await app.register(websocket, { options: { perMessageDeflate: false, maxPayload: 1 << 20 } });

function broadcast(topic, event, payload) {
  const text = JSON.stringify([null, null, topic, event, payload]);
  for (const socket of topics.get(topic) ?? []) if (socket.readyState === 1) socket.send(text);
}

app.get("/socket/websocket", { websocket: true }, (socket) => {
  const joined = new Set();
  socket.on("message", (data) => {
    const [joinRef, ref, topic, event, payload] = JSON.parse(data);
    if (event === "publish") return broadcast(topic, "session_updated", payload);
    if (event === "phx_join") {
      if (!topics.has(topic)) topics.set(topic, new Set());
      topics.get(topic).add(socket);
      joined.add(topic);
    } else if (event === "phx_leave") {
      topics.get(topic)?.delete(socket);
      joined.delete(topic);
    }
    socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status: "ok", response: {} }]));
  });
  socket.on("close", () => joined.forEach((topic) => topics.get(topic)?.delete(socket)));
});

app.post("/api/sessions", async (request) => {
  const now = new Date().toISOString();
  insert.run(request.body.id, "p", request.body.name, now, now, now);
  return { id: request.body.id };
});

const name = { type: "object", properties: { name: { type: "string", maxLength: 200 } }, required: ["name"] };
app.patch("/api/sessions/:id", { schema: { body: name } }, async (request, answer) => {
  const row = rename.get(request.body.name, new Date().toISOString(), request.params.id);
  if (!row) return answer.code(404).send({ error: "not found" });
  broadcast("projects", "session_updated", row);
  return row;
});

await app.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });

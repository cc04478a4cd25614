// Bun's own server (uWebSockets inside), with its publish. Usage: bun bun.mjs PORT
const server = Bun.serve({
  port: Number(process.argv[2]),
  hostname: "127.0.0.1",
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("upgrade", { status: 426 })),
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 0,
    message(socket, text) {
      const [joinRef, ref, topic, event, payload] = JSON.parse(text);
      if (event === "publish") {
        server.publish(topic, `[null,null,${JSON.stringify(topic)},"session_updated",${JSON.stringify(payload)}]`);
        return;
      }
      if (event === "phx_join") socket.subscribe(topic);
      if (event === "phx_leave") socket.unsubscribe(topic);
      socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status: "ok", response: {} }]));
    },
  },
});

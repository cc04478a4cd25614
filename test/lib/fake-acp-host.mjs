/**
 * A script in the place of an ACP agent (of opencode) that asks its host for files and terminals.
 *
 *     const fake = fakeAcpHost(folder);
 *     const muster = await startMuster(t, { env: fake.env });
 *     await session.turn(calls(["terminal/create", { command: "ls" }], ["terminal/wait_for_exit"]));
 *     answers(session)   // [["terminal/create", { terminalId }], ["terminal/wait_for_exit", { exitCode: 0, … }]]
 *
 * It makes the calls one after the other and says each answer as a line. A terminal's call without
 * parameters means the terminal that was made last.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export function fakeAcpHost(folder) {
  const path = join(folder, "fake-acp-host");
  writeFileSync(path, `#!/usr/bin/env node\n(${agent})();\n`, { mode: 0o755 });
  return { path, env: { MUSTER_OPENCODE: path } };
}

export const calls = (...list) => JSON.stringify(list);

/** What the session shows, as the answers that it was made from. */
export const answers = (session) =>
  session
    .text()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/* Runs in the process of the script. */
function agent() {
  if (process.argv.includes("--version")) {
    process.stdout.write("9.9.9\n");
    return;
  }
  const waiting = new Map();
  let count = 0;
  let terminalId = null;
  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const say = (text) =>
    send({
      method: "session/update",
      params: {
        sessionId: "s",
        update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } },
      },
    });
  const request = (method, params) =>
    new Promise((resolve) => {
      waiting.set(count, resolve);
      send({ id: count++, method, params: { sessionId: "s", ...params } });
    });
  const run = async (id, list) => {
    for (const [method, params] of list) {
      const { result, error } = await request(method, params ?? { terminalId });
      terminalId = result?.terminalId ?? terminalId;
      say(`${JSON.stringify([method, result ?? error?.message])}\n`);
    }
    send({ id, result: { stopReason: "end_turn" } });
  };
  const METHODS = {
    initialize: ({ id, params }) =>
      params.clientCapabilities.fs.writeTextFile && params.clientCapabilities.terminal
        ? send({ id, result: { protocolVersion: 1, agentCapabilities: {} } })
        : send({ id, error: { code: -1, message: "no capabilities" } }),
    "session/new": ({ id }) => send({ id, result: { sessionId: "s" } }),
    "session/prompt": ({ id, params }) => run(id, JSON.parse(params.prompt[0].text)),
  };
  let rest = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (data) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      if (message.method) METHODS[message.method]?.(message);
      else waiting.get(message.id)?.(message);
    }
  });
  process.stdin.on("end", () => process.exit(0));
}

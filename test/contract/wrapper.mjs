/**
 * A program in the place of a real agent that runs it, and adds to what it prints: lines of kinds that
 * nobody knows, requests for things that nobody serves, and lines that are no protocol at all. So the
 * real agent behaves like one of a newer version.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentBinDir } from "../lib/agent-setup.mjs";

/** What is added after each line; SESSION stands for the id that the agent's lines name last. */
const ADDED = {
  claude: [
    { type: "something_new", session_id: "SESSION", data: [1, { a: null }] },
    { type: "system", subtype: "something_new", session_id: "SESSION" },
    { type: "stream_event", session_id: "SESSION", event: { type: "something_new", index: 0 } },
    { type: "assistant", session_id: "SESSION", message: { id: "new", content: [{ type: "hologram" }] } },
    { type: "control_request", request_id: "added-1", request: { subtype: "something_new" } },
  ],
  codex: [
    { method: "something/new", params: { threadId: "SESSION", data: [1, { a: null }] } },
    { method: "item/started", params: { threadId: "SESSION", turnId: "x", item: { type: "hologram", id: "h" } } },
    { method: "item/completed", params: { threadId: "SESSION", turnId: "x", item: { type: "hologram", id: "h" } } },
    { id: "added-1", method: "item/hologram/requestApproval", params: { threadId: "SESSION" } },
  ],
  acp: [
    { jsonrpc: "2.0", method: "something/new", params: { sessionId: "SESSION", data: [1, { a: null }] } },
    {
      jsonrpc: "2.0",
      method: "session/update",
      params: { sessionId: "SESSION", update: { sessionUpdate: "hologram", content: { type: "x" } } },
    },
    {
      jsonrpc: "2.0",
      method: "session/update",
      params: {
        sessionId: "SESSION",
        update: { sessionUpdate: "agent_message_chunk", content: { type: "hologram" } },
      },
    },
    { jsonrpc: "2.0", id: "added-1", method: "hologram/show", params: { sessionId: "SESSION" } },
  ],
};
const NO_PROTOCOL = ["this is no JSON", "{", "[]", "null", '{"type":5,"method":7,"id":{}}', ""];

/**
 * The options of a muster that finds the wrapper in the agent's place; and, for a scenario, `answers()`:
 * the lines by which muster has answered the requests that were added.
 */
export function wrapAgent(t, { id, program, dialect }) {
  const dir = mkdtempSync(join(tmpdir(), "muster-wrapper-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const added = [...ADDED[dialect].map((line) => JSON.stringify(line)), ...NO_PROTOCOL];
  const path = join(dir, id);
  const answered = join(dir, "answers");
  writeFileSync(answered, "");
  writeFileSync(path, source(join(agentBinDir, program), added, answered), { mode: 0o755 });
  const answers = () => readFileSync(answered, "utf8").split("\n").filter(Boolean);
  return { env: { [`MUSTER_${id.toUpperCase()}`]: path }, answers };
}

function source(program, added, answered) {
  return `#!/usr/bin/env node
const { spawn } = require("node:child_process");
const { appendFileSync } = require("node:fs");
const added = ${JSON.stringify(added)};
const argv = process.argv.slice(2);
const child = spawn(${JSON.stringify(program)}, argv, { stdio: ["pipe", "pipe", "inherit"] });
const asked = argv.includes("--version");
let session = "unknown";
function lines(stream, onLine, onEnd) {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text) => {
    const all = (rest + text).split("\\n");
    rest = all.pop();
    all.forEach(onLine);
  });
  stream.on("end", () => onEnd(rest));
}
lines(
  child.stdout,
  (line) => {
    session = /"(?:session_id|threadId|sessionId)":"([^"]+)"/.exec(line)?.[1] ?? session;
    process.stdout.write(line + "\\n");
    if (asked) return;
    for (const each of added) process.stdout.write(each.replaceAll("SESSION", session) + "\\n");
  },
  (rest) => process.stdout.write(rest),
);
lines(
  process.stdin,
  (line) => {
    if (line.includes('"added-1"')) appendFileSync(${JSON.stringify(answered)}, line + "\\n");
    else child.stdin.write(line + "\\n");
  },
  () => child.stdin.end(),
);
child.stdin.on("error", () => {});
child.on("exit", (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code;
  process.stdin.destroy();
});
`;
}

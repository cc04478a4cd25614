/**
 * A script in the place of an ACP agent, for what real ones cannot be told to do.
 *
 *     const fake = fakeAcp(folder, { version: 2 });
 *     const muster = await startMuster(t, { env: fake.env });   // it is the agent "opencode"
 *     fake.heard()   // every message that muster wrote, of all its processes
 *
 * A prompt is a line of steps, "say:hello ask hang" (ask:BYTES asks with an input of that size); see STEPS below. Conversations are kept in a file of
 * the folder; a load tells them again, the second half of them after its answer.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {string} folder
 * @param {{version?: number, load?: boolean, resume?: boolean, login?: string, modes?: string[],
 *   mode?: string, slow?: boolean}} [options]  login: the session is refused, with this way to log in;
 *   slow: nothing is answered
 */
export function fakeAcp(folder, options = {}) {
  const dir = join(folder, `fake-acp-${Math.random().toString(36).slice(2)}`);
  mkdirSync(dir);
  const path = join(dir, "fake-acp");
  const log = join(dir, "heard");
  writeFileSync(log, "");
  writeFileSync(path, source({ version: 1, ...options }, dir), { mode: 0o755 });
  const heard = () => readFileSync(log, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const methods = () => heard().flatMap(({ method }) => method ?? []);
  return { path, env: { MUSTER_OPENCODE: path }, heard, methods };
}

function source(options, dir) {
  return `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");
const options = ${JSON.stringify(options)};
const dir = ${JSON.stringify(dir)};
(${agent})(options, dir, { appendFileSync, existsSync, readFileSync, writeFileSync });
`;
}

/* Runs in the process of the script. */
function agent(options, dir, fs) {
  if (process.argv.includes("--version")) {
    process.stdout.write("9.9.9\n");
    return;
  }
  const waiting = new Map();
  let count = 0;
  let session = null;
  let prompt = null;
  /** Several messages are one write: muster reads them together. */
  const send = (...all) =>
    process.stdout.write(all.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`).join(""));
  const updateOf = (sessionUpdate, fields) => ({
    method: "session/update",
    params: { sessionId: session, update: { sessionUpdate, ...fields } },
  });
  const words = (text) => updateOf("agent_message_chunk", { content: { type: "text", text } });
  const update = (...args) => send(updateOf(...args));
  const say = (text) => send(words(text));
  const request = (method, params) =>
    new Promise((resolve) => {
      waiting.set(count, resolve);
      send({ id: count++, method, params: { sessionId: session, ...params } });
    });
  const file = () => `${dir}/conversation-${session}`;
  const end = (stopReason) => {
    const { id, late } = prompt;
    prompt = null;
    // Later ones would be the next turn's: an update does not say of which turn it is.
    send({ id, result: { stopReason } }, ...(late ? [words("LATE WORDS")] : []));
  };
  const STEPS = {
    say: (text) => {
      fs.appendFileSync(file(), `${text}\n`);
      say(text);
    },
    ask: async (bytes) => {
      const rawInput = { command: "rm -r /", ...(bytes && { pad: "x".repeat(Number(bytes)) }) };
      const { result } = await request("session/request_permission", {
        toolCall: { toolCallId: `t${count}`, title: "rm -r /", kind: "execute", rawInput },
        options: [
          { optionId: "o1", name: "Go on", kind: "allow_once" },
          { optionId: "o2", name: "Always", kind: "allow_always" },
          { optionId: "o3", name: "Never", kind: "reject_once" },
        ],
      });
      say(`(${result.outcome.optionId ?? result.outcome.outcome})`);
    },
    unknown: async () => {
      update("hologram", { data: 1 });
      update("agent_message_chunk", { content: { type: "hologram" } });
      const { error } = await request("hologram/show", {});
      say(`(${error.code})`);
    },
    late: () => {
      prompt.late = true;
    },
    stop: (reason) => {
      prompt.reason = reason;
    },
    hang: () => new Promise(() => {}),
    die: () => {
      process.stderr.write("the disk is on fire\n");
      process.exit(3);
    },
  };
  const run = async (id, text) => {
    const mine = { id };
    prompt = mine;
    for (const word of text.split(/\s+/)) {
      const [step, ...rest] = word.split(":");
      await STEPS[step]?.(rest.join(":"));
      if (prompt !== mine) return;
    }
    end(mine.reason ?? "end_turn");
  };
  const opened = () => ({
    sessionId: session,
    ...(options.modes && {
      modes: {
        currentModeId: options.mode ?? options.modes[0],
        availableModes: options.modes.map((id) => ({ id, name: id })),
      },
    }),
  });
  const METHODS = {
    initialize: ({ id }) =>
      send({
        id,
        result: {
          protocolVersion: options.version,
          agentInfo: { name: "fake", title: "Fake" },
          agentCapabilities: {
            loadSession: options.load ?? false,
            sessionCapabilities: options.resume ? { resume: {} } : {},
          },
          authMethods: options.login ? [{ id: "l", name: options.login }] : [],
        },
      }),
    "session/new": ({ id }) => {
      if (options.login) return send({ id, error: { code: -32000, message: "Authentication required" } });
      session = `fake-${process.pid}`;
      return send({ id, result: opened() });
    },
    "session/resume": (message) => {
      session = message.params.sessionId;
      if (fs.existsSync(file())) send({ id: message.id, result: opened() });
      else send({ id: message.id, error: { code: -32002, message: "Resource not found" } });
    },
    "session/load": async (message) => {
      session = message.params.sessionId;
      if (!fs.existsSync(file())) {
        send({ id: message.id, error: { code: -32002, message: "Resource not found" } });
        return;
      }
      const lines = fs.readFileSync(file(), "utf8").split("\n").filter(Boolean);
      update("user_message_chunk", { content: { type: "text", text: "OLD QUESTION" } });
      send({ id: message.id, result: { ...opened(), sessionId: undefined } });
      for (const line of lines) {
        await new Promise((resolve) => setImmediate(resolve));
        say(`OLD ${line}`);
      }
    },
    "session/set_mode": ({ id }) => send({ id, result: {} }),
    "session/prompt": ({ id, params }) => run(id, params.prompt[0].text),
    "session/cancel": () => prompt && end("cancelled"),
  };
  let rest = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (data) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      fs.appendFileSync(`${dir}/heard`, `${line}\n`);
      const message = JSON.parse(line);
      if (options.slow) continue;
      if (METHODS[message.method]) METHODS[message.method](message);
      else if (message.method) send({ id: message.id, error: { code: -32601, message: "Method not found" } });
      else waiting.get(message.id)?.(message);
    }
  });
  process.stdin.on("end", () => process.exit(0));
}

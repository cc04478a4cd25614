/**
 * What the tests of the page need of agents, without any: a script in the place of Claude Code that
 * plays the scene whose name is in the prompt, and what other agents would put into the rows.
 *
 *     const muster = await startMuster(t, { path: [scenesFolder()] });
 *     await page.addInitScript(decorate, FACTS);
 *
 * A tool call whose input has `shows` gets that in its record's metadata, and `kind`, as from an agent
 * whose dialect says so: what the dialects make of real agents is for the contract suite.
 * `[many 3000]` in a prompt is a turn of that many records: text with code, calls, and edits; every
 * hundredth text says "landmark" and its number.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAGUlEQVR4nGNkYPjPgA0wYRUdtBKsuOwYZB4BAAm/AQ9JmcJNAAAAAElFTkSuQmCC",
  "base64",
);
export const IMAGE = { id: "5e".repeat(32), type: "image/png", bytes: PNG.length };

const said = (text) => ({ type: "assistant", message: { id: "m", content: [{ type: "text", text }] } });
const call = (id, name, input, parent) => ({
  type: "assistant",
  parent_tool_use_id: parent,
  message: { id: `m-${id}`, content: [{ type: "tool_use", id, name, input }] },
});
const result = (id, content, parent) => ({
  type: "user",
  parent_tool_use_id: parent,
  message: { content: [{ type: "tool_result", tool_use_id: id, content }] },
});
const ask = (tool_name, input, permission_suggestions) => ({
  type: "control_request",
  request_id: `ask-${tool_name}`,
  request: { subtype: "can_use_tool", tool_name, input, tool_use_id: `t-${tool_name}`, permission_suggestions },
});
const done = {
  type: "result",
  is_error: false,
  result: "done",
  terminal_reason: "completed",
  total_cost_usd: 0.1294,
  usage: { input_tokens: 1200, output_tokens: 340, cache_read_input_tokens: 10800 },
};

const STEPS = [
  { text: "Read the parser and its tests", status: "completed" },
  { text: "Keep the incomplete line back", status: "in_progress" },
  { text: "Run the whole suite", status: "pending" },
];
const OLD = "static int feed(struct parser *p)\n{\n    int n = read(p);\n    return n;\n}\n";
const NEW = "static int feed(struct parser *p)\n{\n    size_t n = held_back(p);\n    note(p, n);\n    return 0;\n}\n";
const LINES = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join("");
const PLAN = `## Keep incomplete lines

1. \`feed\` returns how many bytes it **holds back**
2. The runner reads from there after a restart

| file | change |
|---|---|
| \`parser.c\` | the count |
| \`runner.c\` | the offset |
`;

/** What is printed for a prompt; at WAIT the script waits for an answer. */
const WAIT = { wait: true };
const SCENES = {
  records: [
    call("p", "Plan", { shows: { kind: "plan", plan: STEPS } }),
    call("e", "Edit", { file_path: "src/parser.c", shows: { diffs: [{ path: "src/parser.c", old: OLD, new: NEW }] } }),
    result("e", "The file was changed."),
    call("w", "Write", { shows: { diffs: [{ path: "docs/lines.md", old: null, new: "# Lines\n".repeat(60) }] } }),
    call("a", "Task", { description: "look for callers" }),
    call("a1", "Grep", { pattern: "feed\\(" }, "a"),
    result("a1", "src/parser.c:12", "a"),
    call("a2", "Read", { file_path: "src/runner.c" }, "a"),
    result("a2", "int main", "a"),
    result("a", "Three callers."),
    call("i", "Screenshot", { shows: { images: [IMAGE], decision: "allow" } }),
    result("i", "taken"),
    call("o", "Odd", { shows: { diffs: "cut", images: 7, plan: {}, decision: [], unheard: { of: true } } }),
    said("`feed` now says how much it **holds back**."),
    done,
  ],
  patch: [
    call("k", "Edit", {
      shows: {
        diffs: [
          { path: "src/feed.c", patch: "@@ -11,3 +11,4 @@ feed()\n one\n-two\n+2\n+3\n three\n" },
          { path: "src/lines.txt", old: LINES, new: LINES.replace("line 24", "line twenty-four") },
        ],
      },
    }),
    result("k", "changed"),
    said("Two files."),
    done,
  ],
  finished: [
    call("p", "Plan", { shows: { kind: "plan", plan: STEPS.map((step) => ({ ...step, status: "completed" })) } }),
    said("All is done."),
    done,
  ],
  plan: [
    ask("ExitPlanMode", { plan: PLAN }, [{ type: "setMode", mode: "acceptEdits", destination: "session" }]),
    WAIT,
    said("ANSWER"),
    done,
  ],
  edit: [ask("Edit", { file_path: "/p/src/parser.c", old_string: OLD, new_string: NEW }), WAIT, said("ANSWER"), done],
  quiet: [said("Now it takes its time."), WAIT],
  short: [said("Done."), done],
};

/** A folder to put first in PATH; it is removed by the second function. */
export function scenesFolder() {
  const dir = mkdtempSync(join(tmpdir(), "muster-scenes-"));
  const script = `#!/usr/bin/env node
if (process.argv[2] === "--version") {
  console.log("9.9.9 (Claude Code)");
  process.exit();
}
const scenes = ${JSON.stringify(SCENES)};
const session_id = "11111111-2222-4333-8444-555555555555";
const print = (line) => console.log(JSON.stringify({ session_id, ...line }));
const many = (count) => {
  const lines = [];
  for (let i = 0; i < count; i += 1) {
    const id = "n" + i;
    const use = (name, input) => {
      lines.push({ type: "assistant", message: { id, content: [{ type: "tool_use", id, name, input }] } });
      lines.push({ type: "user", message: { content: [{ type: "tool_result", tool_use_id: id, content: ("line " + i + " of the output\\n").repeat(5) }] } });
    };
    const mark = i % 100 === 0 ? " **landmark " + i + "**" : "";
    const code = i % 4 === 0 ? "\\n\\n\`\`\`ts\\nexport const value" + i + " = compute(" + i + ", 'text');\\nreturn value" + i + ";\\n\`\`\`" : "";
    if (i % 2 === 0) lines.push({ type: "assistant", message: { id, content: [{ type: "text", text: "Answer " + i + mark + " says what was found in \`src/file" + i + ".c\` and goes on for a while, so that it has a few lines on the screen of whoever reads it.\\n\\n- one point\\n- another" + code }] } });
    else use(i % 3 === 0 ? "Grep" : "Bash", i % 3 === 0 ? { pattern: "needle" + i, path: "src" } : { command: "make test-" + i, description: "Run test " + i });
  }
  return [...lines, scenes.short.at(-1)];
};
let left = [];
const play = (answer) => {
  while (left.length > 0) {
    const line = left.shift();
    if (line.wait) return;
    print(JSON.parse(JSON.stringify(line).replace("ANSWER", answer)));
  }
};
print({ type: "system", subtype: "init", model: "fake-model" });
require("node:readline").createInterface({ input: process.stdin }).on("line", (text) => {
  const line = JSON.parse(text);
  if (line.type === "control_request") {
    const { request_id } = line;
    print({ type: "control_response", response: { subtype: "success", request_id, response: {} } });
    if (line.request.subtype === "interrupt") print({ type: "result", is_error: true, terminal_reason: "aborted_streaming" });
  } else if (line.type === "control_response") {
    const { behavior, message } = line.response.response ?? {};
    play(behavior + (message ? ": " + message.replaceAll('"', "'") : ""));
  } else if (line.type === "user") {
    const said = JSON.stringify(line.message.content);
    const count = /\\[many (\\d+)\\]/.exec(said)?.[1];
    const name = Object.keys(scenes).find((word) => said.includes("[" + word + "]"));
    left = count ? many(Number(count)) : [...(scenes[name] ?? scenes.short)];
    play("");
  }
});
`;
  writeFileSync(join(dir, "claude"), script, { mode: 0o755 });
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** What an agent tells of a session. */
export const FACTS = {
  mode: "default",
  modes: [
    { id: "default", name: "Ask", description: "Asks before something is changed." },
    { id: "plan", name: "Plan", description: "Looks and plans; changes nothing." },
    { id: "made-up", name: "Made up", description: "The server does not know it." },
  ],
  models: [{ id: "opus", name: "Opus" }, { id: "sonnet", name: "Sonnet", description: "Faster" }],
  commands: [
    { name: "compact", description: "Shorten the conversation" },
    { name: "review", description: "Look at a pull request", hint: "[number]" },
    { name: "init" },
  ],
};

/** Runs in the page: adds the facts to every session's row, and to records what their calls show. */
export function decorate(facts) {
  const improve = (value) => {
    if (Array.isArray(value)) return value.forEach(improve);
    if (typeof value !== "object" || value === null) return;
    const { metadata, kind } = value;
    if ("cli_session_id" in value && "metadata" in value) value.metadata = { ...metadata, ...facts };
    else if ("sessionId" in value && metadata && !kind) value.metadata = { ...metadata, ...facts };
    const shows = kind === "tool" ? metadata?.input?.shows : undefined;
    if (shows) {
      value.metadata = { ...metadata, ...shows, input: null };
      value.kind = shows.kind ?? kind;
    }
    for (const key of Object.keys(value)) if (key !== "metadata") improve(value[key]);
  };
  const improved = (text) => {
    const value = JSON.parse(text);
    improve(value);
    return JSON.stringify(value);
  };
  const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    configurable: true,
    set(handler) {
      set.call(this, handler && ((event) => handler(new MessageEvent("message", { data: improved(event.data) }))));
    },
  });
  const plain = window.fetch;
  window.fetch = async (...request) => {
    const response = await plain(...request);
    const text = await response.text();
    const { status, headers } = response;
    return new Response(text === "" ? null : improved(text), { status, headers });
  };
}

/**
 * A program in the place of Claude Code that says what it was given: for each prompt one line of
 * JSON in `seen`, {text, images: [{type, bytes, sha256}]}. It answers "seen N images", and tells a
 * use of 10 tokens in, 20 out and a cost of half a cent.
 *
 *     const claude = seeingClaude(folder);
 *     const muster = await startMuster(t, { path: [claude.dir] });
 *     await claude.seen(1);
 *
 * The first time that a prompt says "die once" it ends without a word. With `hold`, a named pipe, it waits there before each answer.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { poll } from "./wait.mjs";

const PROGRAM = `
const { execFileSync } = require("node:child_process");
const { appendFileSync, existsSync, writeFileSync } = require("node:fs");
const { createHash } = require("node:crypto");
const { createInterface } = require("node:readline");
if (process.argv[2] === "--version") {
  console.log("9.9.9 (Claude Code)");
  process.exit();
}
const session_id = "11111111-2222-4333-8444-555555555555";
const say = (value) => process.stdout.write(JSON.stringify({ session_id, ...value }) + "\\n");
const look = ({ source }) => {
  const data = Buffer.from(source.data, "base64");
  const sha256 = createHash("sha256").update(data).digest("hex");
  return { type: source.media_type, bytes: data.length, sha256 };
};
say({ type: "system", subtype: "init", model: "fake", session_id });
createInterface({ input: process.stdin }).on("line", (line) => {
  const { type, request_id, request, message } = JSON.parse(line);
  if (type === "control_request") {
    say({ type: "control_response", response: { subtype: "success", request_id, response: {} } });
    if (request.subtype === "interrupt") process.exit(0);
    return;
  }
  if (type !== "user") return;
  const blocks = Array.isArray(message.content) ? message.content : [{ type: "text", text: message.content }];
  const images = blocks.filter((block) => block.type === "image").map(look);
  const text = blocks.filter((block) => block.type === "text").map((block) => block.text).join("");
  appendFileSync(SEEN, JSON.stringify({ text, images }) + "\\n");
  if (text.includes("die once") && !existsSync(SEEN + ".died")) {
    writeFileSync(SEEN + ".died", "");
    process.exit(0);
  }
  if (HOLD) execFileSync("sh", ["-c", 'read -r _ < "$0"', HOLD]);
  const content = [{ type: "text", text: "seen " + images.length + " images" }];
  say({ type: "assistant", message: { id: "m" + Date.now(), content } });
  say({
    type: "result", subtype: "success", is_error: false, result: "done", terminal_reason: "completed",
    total_cost_usd: (globalThis.cost = (globalThis.cost ?? 0) + 0.005),
    usage: { input_tokens: 10, output_tokens: 20, cache_read_input_tokens: 3, cache_creation_input_tokens: 4 },
  });
});
`;

export function seeingClaude(folder, { hold = null } = {}) {
  const dir = join(folder, "seeing-claude");
  const path = join(dir, "seen");
  mkdirSync(dir);
  const names = `const SEEN = ${JSON.stringify(path)}, HOLD = ${JSON.stringify(hold)};`;
  writeFileSync(join(dir, "claude"), `#!${process.execPath}\n${names}\n${PROGRAM}`, { mode: 0o755 });
  const all = () =>
    existsSync(path) ? readFileSync(path, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)) : [];
  return {
    dir,
    all,
    /** The prompts, once there are that many. */
    seen: (count) => poll(() => all().length >= count && all(), `claude to see ${count} prompts`),
  };
}

/**
 * A script in the place of the Claude Code program, for what the real one cannot be told to do.
 *
 *     const path = fakeClaude(folder, { late: gate.path });
 *     const muster = await startMuster(t, { path: [path] });
 *
 * It waits at the named pipe before each answer, "answer N". After the first one it waits there once
 * more, and then goes on printing although its turn is over: progress, a piece of text, and the text
 * "late words".
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @returns {string} the folder to put first in PATH */
export function fakeClaude(folder, { late }) {
  const dir = join(folder, "fake-claude");
  mkdirSync(dir);
  const session = "11111111-2222-4333-8444-555555555555";
  const line = (value) => `printf '%s\\n' '${JSON.stringify({ session_id: session, ...value })}'`;
  const said = (text) => ({ id: "m", content: [{ type: "text", text }] });
  const script = [
    "#!/bin/sh",
    `[ "$1" != --version ] || { echo '9.9.9 (Claude Code)'; exit; }`,
    "count=0",
    line({ type: "system", subtype: "init", model: "fake" }),
    "while read -r prompt; do",
    `case $prompt in *'"type":"user"'*) ;; *) continue ;; esac`,
    "count=$((count + 1))",
    `read -r _ < '${late}'`,
    line({ type: "assistant", message: said("answer COUNT") }).replace("COUNT", `'"$count"'`),
    line({ type: "result", is_error: false, result: "done", terminal_reason: "completed" }),
    `[ "$count" = 1 ] || continue`,
    `read -r _ < '${late}'`,
    line({ type: "system", subtype: "status", status: "requesting" }),
    line({
      type: "stream_event",
      event: { type: "content_block_delta", delta: { type: "text_delta", text: "late " } },
    }),
    line({ type: "assistant", message: { ...said("late words"), id: "l" } }),
    "done",
  ];
  writeFileSync(join(dir, "claude"), `${script.join("\n")}\n`, { mode: 0o755 });
  return dir;
}

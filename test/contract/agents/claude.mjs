/** Claude Code, through its stream-json protocol. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { poll } from "../../lib/wait.mjs";
import { NO_COMMAND } from "../reasons.mjs";

export const claude = {
  id: "claude",
  program: "claude",
  dialect: "claude",
  options: { ask: {}, all: { permission_mode: "bypassPermissions" } },
  expects: {
    planAsks: true,
    planOptions: { permission_mode: "plan" },
    // It runs commands one after the other, and reads side by side; outside the project it asks.
    asksTwice(folder) {
      const paths = ["one.txt", "two.txt"].map((name) => join(folder, name));
      for (const path of paths) writeFileSync(path, "outside the project\n");
      return ["reads", paths.join("|")];
    },
  },
  cannot: {
    "error: the command fails": NO_COMMAND,
  },
  errors: {
    401: { steps: [["error", "401"]], says: /401|authenticat/i },
    429: { steps: [["error", "429"]], says: /429|rate|too many requests/i },
    overloaded: { steps: [["error", "529"]], says: /529|overloaded/i },
    cut: {
      steps: [
        ["say", "half a sen"],
        ["cut"],
      ],
      says: /connect|closed|terminated|socket|stream/i,
    },
    model: { options: { model: "no-such-model" }, says: /no-such-model/ },
    key: { says: /not logged in/i },
    network: { says: /ECONNREFUSED|connect/i },
    survived: { steps: [["error", "529*1"]] },
  },
  /** Claude Code writes its conversation down shortly after the turn; it resumes from there. */
  saved: ({ muster }, { session }, text) =>
    poll(() => {
      const all = join(muster.home, ".claude/projects");
      const names = existsSync(all) ? readdirSync(all, { recursive: true }) : [];
      const file = names.map((name) => join(all, name)).find((path) => path.endsWith(`${session.row.cli_session_id}.jsonl`));
      return file && readFileSync(file, "utf8").includes(text);
    }, "the conversation to be saved"),
};

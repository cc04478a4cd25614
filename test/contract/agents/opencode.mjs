/** opencode, through the Agent Client Protocol. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ASKS_IN_TURN, NO_COMMAND, NO_QUESTIONS } from "../reasons.mjs";

export const opencode = {
  id: "opencode",
  program: "opencode",
  dialect: "acp",
  // What it asks for is a matter of its settings, which a project may have of its own.
  prepare(folder, may) {
    const permission = may === "all" ? { bash: "allow", edit: "allow" } : { bash: "ask", edit: "ask" };
    writeFileSync(join(folder, "opencode.json"), JSON.stringify({ permission }));
  },
  // Several that start at once in a new home are in each other's way while they make their database:
  // all but one end with "database is locked".
  warmUp: ["session", "list"],
  // Afterwards two that start in the same moment still are, now and then: its own fault, told as its error.
  startsAlone: true,
  expects: { denyEnds: true },
  cannot: {
    "permission: two requests open at once": ASKS_IN_TURN,
    question: NO_QUESTIONS,
    "error: the command fails": NO_COMMAND,
  },
  errors: {
    401: { steps: [["error", "401"]], says: /401/ },
    429: { steps: [["error", "429"]], says: /429/ },
    overloaded: { steps: [["error", "503"]], says: /503/ },
    cut: { steps: [["say", "half a sen"], ["cut"]], says: /connection|reset|closed/i },
    model: { options: { model: "local/no-such-model" }, says: /no-such-model/ },
    key: { says: /key/i },
    network: { says: /connect|network|fetch/i },
    survived: { steps: [["error", "503*1"]] },
  },
};

/** Gemini CLI, through the Agent Client Protocol. */
import { ASKS_IN_TURN, NO_COMMAND, NO_QUESTIONS } from "../reasons.mjs";

const MINUTE_MS = 60_000;
const MARGIN_MS = 500;

export const gemini = {
  id: "gemini",
  program: "gemini",
  dialect: "acp",
  options: { ask: { mode: "default" }, all: { mode: "yolo" } },
  expects: { hidesOutput: true },
  cannot: {
    "permission: two requests open at once": ASKS_IN_TURN,
    plan: "Over ACP Gemini CLI tells of its list of things to do only how many there are.",
    question: NO_QUESTIONS,
    "error: the command fails": NO_COMMAND,
  },
  errors: {
    401: { steps: [["error", "401"]], says: /401/ },
    429: { steps: [["error", "429"]], says: /429/ },
    overloaded: { steps: [["error", "503"]], says: /503/ },
    cut: { steps: [["say", "half a sen"], ["cut"]], says: /terminated|connection|stream|cut/i },
    // It is asked for one that it offers: what it does not offer is refused before the model is asked.
    model: { options: { model: "gemini-2.5-pro" }, missing: "gemini-2.5-pro", says: /gemini-2\.5-pro/ },
    key: { says: /key/i },
    network: { says: /fetch failed|connect|network/i },
    survived: { steps: [["error", "503*1"]] },
  },
  /**
   * A session that is loaded in the minute in which it began is lost by Gemini CLI 0.61: it names the
   * file of a conversation by the minute, and the load overwrites it.
   */
  resumable: () =>
    new Promise((resolve) => setTimeout(resolve, MINUTE_MS - (Date.now() % MINUTE_MS) + MARGIN_MS)),
};

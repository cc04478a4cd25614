/** Codex, through its app-server. */
import { NO_COMMAND } from "../reasons.mjs";

export const codex = {
  id: "codex",
  program: "codex",
  dialect: "codex",
  // Its sandbox is of no use below the temporary directory, where the tests have their folders.
  options: {
    ask: { approval: "untrusted", sandbox: "danger-full-access" },
    all: { approval: "never", sandbox: "danger-full-access" },
  },
  cannot: {
    plan: "Codex 0.169 offers none of its models the tool by which older ones told of their plan.",
    "sub-agent":
      "This model of Codex finds the tools for sub-agents by a search of its own, which the scripted model does not do.",
    "error: the command fails": NO_COMMAND,
  },
  errors: {
    401: { steps: [["error", "401"]], says: /401/ },
    429: { steps: [["error", "429"]], says: /429/ },
    overloaded: { steps: [["error", "503"]], says: /503/ },
    cut: { steps: [["say", "half a sen"], ["cut"]], says: /stream|disconnect|connection/i },
    model: { options: { model: "no-such-model" }, says: /no-such-model/ },
    key: { says: /LOCAL_API_KEY/ },
    network: { says: /connect|network/i },
    survived: { steps: [["error", "503*1"]] },
  },
};

/** The real Claude Code program, from this folder's node_modules. */
import { existsSync } from "node:fs";
import { agentBinDir } from "./agent-setup.mjs";

/** The folder that holds an executable called `claude`: put it first in PATH. */
export const claudeBinDir = agentBinDir;
export const claudePath = `${claudeBinDir}/claude`;

/** Says clearly what to do where the program is missing. */
export function requireClaude() {
  if (existsSync(claudePath)) return claudePath;
  throw new Error(`${claudePath} is missing: run ./dev setup, which installs what the tests need`);
}

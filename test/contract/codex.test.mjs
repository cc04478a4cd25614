import { codex } from "./agents/codex.mjs";
import { runContract } from "./harness.mjs";

runContract(codex);

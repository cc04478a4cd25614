import { opencode } from "./agents/opencode.mjs";
import { runContract } from "./harness.mjs";

runContract(opencode);

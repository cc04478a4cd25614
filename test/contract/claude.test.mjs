import { claude } from "./agents/claude.mjs";
import { runContract } from "./harness.mjs";

runContract(claude);

import { shell } from "./agents/shell.mjs";
import { runContract } from "./harness.mjs";

runContract(shell);

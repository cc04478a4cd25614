import { gemini } from "./agents/gemini.mjs";
import { runContract } from "./harness.mjs";

runContract(gemini);

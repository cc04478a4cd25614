/** Where things are. MUSTER_BUILD names another debug build, MUSTER_BIN another binary. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The top of the repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
/** The build with the sanitizers. */
export const buildDir = resolve(root, process.env.MUSTER_BUILD ?? "build/debug");
export const musterBin = resolve(root, process.env.MUSTER_BIN ?? `${buildDir}/muster`);
/** Everything that the suites' programs printed. */
export const logDir = `${root}/build/test-logs`;
/** Screenshots of pages whose test failed. */
export const outputDir = `${root}/test/output`;

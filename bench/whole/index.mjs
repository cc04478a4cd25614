// The rows of the second table: the real product, from agent to screen.
import { crowd } from "./crowd.mjs";
import { footprint } from "./footprint.mjs";
import { growth } from "./growth.mjs";
import { latency } from "./latency.mjs";
import { page } from "./page.mjs";
import { rename } from "./rename.mjs";
import { slow } from "./slow.mjs";
import { store } from "./store.mjs";
import { threads } from "./threads.mjs";

export const whole = [footprint, latency, page, rename, slow, store, growth, threads, crowd];

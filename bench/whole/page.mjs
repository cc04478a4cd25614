// What a change of a state costs the page, in Chromium: web/bench/run.mjs measures it, beside the specification's own way.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { bench } from "../lib/servers.mjs";
import { show } from "../lib/stats.mjs";

const CHANGES = 60;

/* Of both cores: the browser has threads of its own for what is not the page's. */
function measure() {
  if (!existsSync(`${bench}../test/node_modules/playwright-core`)) throw new Error("the browser's driver is missing: ./dev setup installs it");
  const argv = ["-c", "0,1", "npm", "run", "--silent", "bench", "--", String(CHANGES), "--json"];
  const said = execFileSync("taskset", argv, { cwd: `${bench}../web`, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return JSON.parse(said.trim().split("\n").at(-1));
}

const above = ({ whole, empty }) => whole.p50 - empty.p50;
const own = (row) =>
  `${show(above(row))} ms of the main thread, ${show(row.script.p50)} of it the page's code (99 %: ${show(row.script.p99)}); one letter changed by hand ${show(row.letter.p50 - row.empty.p50)}; painted in the next frame ${Math.round(row.next * 100)} %`;

export const page = {
  id: "page",
  title: "a frame with a changed state arrives → its badge is painted; CPU above a frame in which nothing happens, in the middle",
  goal: "within one frame; main thread < 2 ms with 1,000 sessions, < 4 ms with 10,000",
  slow: true,
  async run() {
    const rows = measure();
    const find = (sessions, variant) => rows.find((row) => row.sessions === sessions && row.variant === variant);
    return Object.fromEntries(
      [1000, 10000].map((sessions) => [`s${sessions}`, { muster: find(sessions, "muster"), map: above(find(sessions, "cache")), plain: above(find(sessions, "plain")) }]),
    );
  },
  say: ({ s1000, s10000 }) =>
    `1,000 sessions: ${own(s1000.muster)}; the specification's map ${show(s1000.map)} with muster's list, ${show(s1000.plain)} with every row in the page. ` +
    `10,000: ${own(s10000.muster)}; the map ${show(s10000.map)} and ${show(s10000.plain)}`,
  met: ({ s1000, s10000 }) => s1000.muster.next === 1 && s10000.muster.next === 1 && above(s1000.muster) < 2 && above(s10000.muster) < 4,
};

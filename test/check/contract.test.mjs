/** What the agents of the contract suite say about themselves, and the table that is made of it. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { markdown } from "../contract/table.mjs";
import { scenarios } from "../contract/scenarios.mjs";
import { root } from "../lib/paths.mjs";
import { describe, test } from "../lib/test.mjs";

const folder = `${root}/test/contract/agents`;
const ids = readdirSync(folder).map((file) => file.replace(/\.mjs$/, ""));

test("a scenario has a name of its own", () => {
  const names = scenarios.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});

for (const id of ids) {
  describe(id, () => {
    test("what it cannot do is a scenario, and has a reason that is a sentence", async () => {
      const { [id]: agent } = await import(`${folder}/${id}.mjs`);
      assert.equal(agent.id, id);
      for (const [name, reason] of Object.entries(agent.cannot)) {
        assert.ok(
          scenarios.some((each) => each.name === name),
          `${name} is no scenario`,
        );
        assert.match(reason, /^[A-Z].{20,}\.$/);
      }
    });

    test("it has a suite", () => {
      const suites = readdirSync(`${root}/test/contract`);
      assert.ok(suites.includes(`${id}.test.mjs`));
    });
  });
}

test("the table has a row for each scenario, a column for each agent, and the reasons below", () => {
  const [{ name: first }, { name: second }] = scenarios;
  const table = markdown({
    claude: { version: "1.2", scenarios: { [first]: { result: "pass" }, [second]: { result: "fail" } } },
    shell: {
      version: "sh",
      scenarios: {
        [first]: { result: "cannot", reason: "No reason." },
        [second]: { result: "cannot", reason: "No reason." },
      },
    },
  });
  const lines = table.split("\n");
  assert.equal(lines[0], "| scenario | claude 1.2 | shell sh |");
  assert.equal(lines[2], `| ${first} | yes | no [1] |`);
  assert.equal(lines[3], `| ${second} | **fails** | no [1] |`);
  assert.match(table, /\n1\. No reason\.\n$/);
});

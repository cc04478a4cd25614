/** The scripted model speaks four APIs alike; what the agents' tests show depends on it. */
import assert from "node:assert/strict";
import { bulk, startModelServer } from "../lib/model-server.mjs";
import { parseScript, segment } from "../lib/model-server/script.mjs";
import { after, before, describe, test } from "../lib/test.mjs";

/** @type {import("../lib/model-server.mjs").ModelServer} */
let model;
before(async () => {
  model = await startModelServer();
});
after(() => model.close());

/** How each API is asked, and how its stream is read: text, thought, calls as [name, argument]. */
const APIS = {
  anthropic: {
    path: "/v1/messages",
    headers: { "x-api-key": "test" },
    body: (text) => ({ stream: true, tools: [{ name: "Bash" }], messages: [{ role: "user", content: text }] }),
    tool: "Bash",
    text: (events) => pieces(events, ({ delta }) => delta?.text),
    thought: (events) => pieces(events, ({ delta }) => delta?.thinking),
    calls: (events) => events.filter((each) => each.content_block?.name).map((each) => each.content_block.name),
  },
  responses: {
    path: "/v1/responses",
    headers: { authorization: "Bearer test" },
    body: (text) => ({
      stream: true,
      tools: [{ name: "exec_command" }],
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text }] }],
    }),
    tool: "exec_command",
    text: (events) => pieces(events, ({ type, delta }) => type === "response.output_text.delta" && delta),
    thought: (events) =>
      pieces(events, ({ type, delta }) => type === "response.reasoning_summary_text.delta" && delta),
    calls: (events) =>
      events.filter(({ type }) => type === "response.output_item.done").flatMap(({ item }) => item.name ?? []),
  },
  chat: {
    path: "/v1/chat/completions",
    headers: { authorization: "Bearer test" },
    body: (text) => ({
      stream: true,
      tools: [{ function: { name: "bash" } }],
      messages: [{ role: "user", content: text }],
    }),
    tool: "bash",
    text: (events) => pieces(events, ({ choices }) => choices?.[0]?.delta.content),
    thought: (events) => pieces(events, ({ choices }) => choices?.[0]?.delta.reasoning_content),
    calls: (events) =>
      events.flatMap(({ choices }) => choices?.[0]?.delta.tool_calls ?? []).map((call) => call.function.name),
  },
  gemini: {
    path: "/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
    headers: { "x-goog-api-key": "test" },
    body: (text) => ({
      tools: [{ functionDeclarations: [{ name: "run_shell_command" }] }],
      contents: [{ role: "user", parts: [{ text }] }],
    }),
    tool: "run_shell_command",
    text: (events) => pieces(parts(events), ({ thought, text }) => !thought && text),
    thought: (events) => pieces(parts(events), ({ thought, text }) => thought && text),
    calls: (events) => parts(events).flatMap(({ functionCall }) => functionCall?.name ?? []),
  },
};

const pieces = (list, pick) => list.map((each) => pick(each) || "").join("");
const parts = (events) => events.flatMap(({ candidates }) => candidates[0].content.parts);

function ask(api, text, headers = api.headers) {
  const body = JSON.stringify(api.body(text));
  return fetch(model.url + api.path, { method: "POST", headers, body });
}

async function events(answer) {
  const lines = (await answer.text()).split("\n").filter((line) => line.startsWith("data: {"));
  return lines.map((line) => JSON.parse(line.slice("data: ".length)));
}

for (const [name, api] of Object.entries(APIS)) {
  describe(name, () => {
    test("a thought, text in pieces, a call of the agent's own shell", async () => {
      const all = await events(await ask(api, `${name} [[think:hmm]][[say:one ]][[say:two]][[tool:echo hi]][[say:no]]`));
      assert.match(api.thought(all), /hmm$/);
      assert.equal(api.text(all), "one two");
      assert.deepEqual(api.calls(all), [api.tool]);
      assert.match(JSON.stringify(all), /echo hi/);
      assert.equal(model.turnRequests().at(-1).prompt.startsWith(name), true);
    });

    test("errors with their status: each time, or so often", async () => {
      assert.equal((await ask(api, `${name} [[error:429]]`)).status, 429);
      const once = `${name} [[error:503*1]][[say:fine]]`;
      assert.equal((await ask(api, once)).status, 503);
      assert.equal(api.text(await events(await ask(api, once))), "fine");
    });

    test("a stream that is cut breaks off", async () => {
      const answer = await ask(api, `${name} [[say:half]][[cut]]`);
      assert.equal(answer.status, 200);
      await assert.rejects(answer.text());
    });

    test("without a key there is no answer", async () => {
      assert.equal((await ask(api, `${name} [[say:no]]`, {})).status, 401);
    });

    test("much text comes whole", async () => {
      const all = await events(await ask(api, `${name} [[bulk:300000]]`));
      assert.ok(api.text(all) === bulk(300_000));
    });
  });
}

test("what is played depends on the results that have come back", () => {
  const steps = parseScript("[[say:a]][[tools:x|y]][[say:b]][[tool:z]]");
  const played = (results) => segment(steps, results).map(({ name, value }) => `${name}:${value}`);
  assert.deepEqual(played(0), ["say:a", "tools:x|y"]);
  assert.deepEqual(played(2), ["say:b", "tool:z"]);
  assert.deepEqual(played(3), ["say:Done."]);
});

test("a sub-agent's prompt has directives of its own", () => {
  const [step] = parseScript("[[task:look ((tool:ls))((say:found))]]");
  assert.equal(step.value, "look ((tool:ls))((say:found))");
});

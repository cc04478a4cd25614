/** OpenAI's Chat Completions API, as opencode speaks it. */
import { EventStream, id, offered, pick, sendJson } from "./answer.mjs";
import { dataUrl, noSuchModel, sendError } from "./responses.mjs";

const USAGE = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };

export const handles = (path) => path === "/v1/chat/completions";
export const isCount = () => false;
export const modelOf = (body) => body?.model;
export { noSuchModel, sendError };

/** The newest prompt and how many tool results have come back since. */
export function readConversation(body) {
  let toolResults = 0;
  for (const message of [...(body?.messages ?? [])].reverse()) {
    if (message.role === "tool") toolResults += 1;
    if (message.role !== "user") continue;
    const texts = partsOf(message.content)
      .filter(({ type, text }) => type === "text" && isPrompt(text))
      .map(({ text }) => text);
    if (texts.length > 0) return { prompt: texts.at(-1).trim(), toolResults };
  }
  return { prompt: "", toolResults };
}

const partsOf = (content) => (typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []));
const isPrompt = (text) => !/^\s*<system-reminder/.test(text) && text.trim() !== "";

export const isSide = (body) => body !== null && !(body.tools?.length > 0);
export const sideText = () => "Fake title";

export function imagesOf(body) {
  const parts = (body?.messages ?? []).flatMap(({ content }) => partsOf(content));
  return parts.filter(({ type }) => type === "image_url").map(({ image_url: { url } }) => dataUrl(url));
}

export const open = (res, body) => (body.stream ? new Streamed(res, body) : new Whole(res, body));

/** A call in opencode's words. */
function toolCall(call, body, index) {
  const have = offered(body.tools);
  const fn = (name, args) => ({
    index,
    id: id("call"),
    type: "function",
    function: { name, arguments: JSON.stringify(args) },
  });
  switch (call.kind) {
    case "shell": {
      const { command } = call;
      return fn(pick(["bash", "shell"], have), { command, description: `Run ${command}`.slice(0, 60) });
    }
    case "question": {
      const options = call.labels.map((label) => ({ label, description: label.toLowerCase() }));
      return fn("question", { questions: [{ question: call.question, header: "Choice", options }] });
    }
    case "read":
      return fn("read", { filePath: call.path });
    case "write":
      return fn("write", { filePath: call.path, content: call.text });
    case "edit":
      return fn("edit", { filePath: call.path, oldString: call.before, newString: call.after });
    case "plan":
      return fn("todowrite", {
        todos: call.plan.split("|").map((content, at) => ({
          id: String(at + 1),
          content,
          status: at === 0 ? "in_progress" : "pending",
          priority: "medium",
        })),
      });
    case "task":
      return fn("task", { description: "A task of its own", prompt: call.prompt, subagent_type: "general" });
  }
  throw new Error(`opencode has no tool for ${call.kind}`);
}

class Streamed {
  #id = id("chatcmpl");

  constructor(res, body) {
    this.body = body;
    this.stream = new EventStream(res);
    this.#chunk({ role: "assistant", content: "" });
  }

  text(content) {
    this.#chunk({ content });
  }

  think(text) {
    this.#chunk({ reasoning_content: text });
  }

  tools(calls) {
    this.#chunk({ tool_calls: calls.map((call, at) => toolCall(call, this.body, at)) });
    this.#finish("tool_calls");
  }

  end() {
    this.#finish("stop");
  }

  #finish(reason) {
    this.#chunk({}, reason);
    this.stream.send({ ...this.#head(), choices: [], usage: USAGE });
    this.stream.send("[DONE]");
    this.stream.end();
  }

  #chunk(delta, reason = null) {
    this.stream.send({ ...this.#head(), choices: [{ index: 0, delta, finish_reason: reason }] });
  }

  #head() {
    return { id: this.#id, object: "chat.completion.chunk", created: 1, model: this.body.model };
  }
}

class Whole {
  #message = { role: "assistant", content: "" };

  constructor(res, body) {
    this.res = res;
    this.body = body;
  }

  text(text) {
    this.#message.content += text;
  }

  think(text) {
    this.#message.reasoning_content = (this.#message.reasoning_content ?? "") + text;
  }

  tools(calls) {
    this.#message.tool_calls = calls.map((call, at) => toolCall(call, this.body, at));
    this.#finish("tool_calls");
  }

  end() {
    this.#finish("stop");
  }

  #finish(reason) {
    const choices = [{ index: 0, message: this.#message, finish_reason: reason }];
    const head = { id: id("chatcmpl"), object: "chat.completion", created: 1, model: this.body.model };
    sendJson(this.res, 200, { ...head, choices, usage: USAGE });
  }
}

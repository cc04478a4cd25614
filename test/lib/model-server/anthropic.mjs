/** Anthropic's Messages API, as Claude Code speaks it. */
import { EventStream, id, offered, pick, sendJson } from "./answer.mjs";

const ERROR_TYPES = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  529: "overloaded_error",
};

export const handles = (path) => path === "/v1/messages" || path === "/v1/messages/count_tokens";
export const isCount = (path) => path.endsWith("/count_tokens");
export const sendCount = (res) => sendJson(res, 200, { input_tokens: 100 });
export const modelOf = (body) => body?.model;

/** The newest prompt and how many tool results have come back since. */
export function readConversation(body) {
  let toolResults = 0;
  for (const message of [...(body?.messages ?? [])].reverse()) {
    if (message.role !== "user") continue;
    const blocks =
      typeof message.content === "string" ? [{ type: "text", text: message.content }] : message.content;
    // After a cancel the next prompt stands behind the interrupted tool's result.
    const lastResult = blocks.findLastIndex((block) => block.type === "tool_result");
    const texts = blocks
      .slice(lastResult + 1)
      .filter((block) => block.type === "text" && isPrompt(block.text));
    if (texts.length > 0) return { prompt: texts.at(-1).text.trim(), toolResults };
    toolResults += blocks.filter((block) => block.type === "tool_result").length;
  }
  return { prompt: "", toolResults };
}

/** Claude adds reminders of its own to a prompt, and a note where a turn was interrupted. */
function isPrompt(text) {
  const added = /^\s*(<(system-reminder|command-|local-command-)|\[Request interrupted)/;
  return !added.test(text) && text.trim() !== "";
}

export function isSide(body) {
  if (body === null || body.tools?.length > 0) return false;
  const system = JSON.stringify(body.system ?? "");
  return body.max_tokens === 1 || /title|topic|Claude Code/i.test(system);
}

export function sideText(body) {
  const wantsTitle = /title/i.test(JSON.stringify(body.system ?? ""));
  return wantsTitle ? '{"title": "Fake title"}' : "ok";
}

/** The pictures of a request, as {type, bytes}. */
export function imagesOf(body) {
  const blocks = (body?.messages ?? []).flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return blocks
    .filter(({ type, source }) => type === "image" && source?.type === "base64")
    .map(({ source }) => ({ type: source.media_type, bytes: Buffer.from(source.data, "base64") }));
}

export function sendError(res, status, message) {
  const type = ERROR_TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  sendJson(res, status, { type: "error", error: { type, message }, request_id: id("req") });
}

export const noSuchModel = (name) => `model: ${name}`;

export const open = (res, body) => (body.stream ? new Streamed(res, body) : new Whole(res, body));

/** A call in Claude Code's words. */
function toolUse(call, body) {
  const have = offered(body.tools);
  switch (call.kind) {
    case "shell": {
      const { command } = call;
      return { name: "Bash", input: { command, description: `Run ${command}`.slice(0, 60) } };
    }
    case "question": {
      const options = call.labels.map((label) => ({ label, description: label.toLowerCase() }));
      const asked = { question: call.question, header: "Choice", options, multiSelect: false };
      return { name: "AskUserQuestion", input: { questions: [asked] } };
    }
    case "read":
      return { name: "Read", input: { file_path: call.path } };
    case "write":
      return { name: "Write", input: { file_path: call.path, content: call.text } };
    case "edit":
      return {
        name: "Edit",
        input: { file_path: call.path, old_string: call.before, new_string: call.after },
      };
    case "plan":
      return { name: "ExitPlanMode", input: { plan: call.plan } };
    case "call":
      return { name: call.name, input: call.input };
    case "task": {
      const input = {
        description: "A task of its own",
        prompt: call.prompt,
        subagent_type: "general-purpose",
      };
      return { name: pick(["Agent", "Task"], have), input };
    }
  }
  throw new Error(`there is no tool for ${call.kind}`);
}

/** A message sent as server-sent events. */
class Streamed {
  #index = -1;
  #open = null;
  #body;
  #stream;

  constructor(res, body) {
    this.#body = body;
    this.#stream = new EventStream(res);
    this.#event("message_start", { message: emptyMessage(body) });
    this.#event("ping", {});
  }

  text(text) {
    if (this.#open !== "text") this.#start("text", { type: "text", text: "" });
    this.#delta({ type: "text_delta", text });
  }

  think(thinking) {
    if (this.#open !== "thinking") this.#start("thinking", { type: "thinking", thinking: "", signature: "" });
    this.#delta({ type: "thinking_delta", thinking });
    this.#delta({ type: "signature_delta", signature: id("sig") });
  }

  tools(calls) {
    for (const call of calls) {
      const { name, input } = toolUse(call, this.#body);
      this.#start("tool", { type: "tool_use", id: id("toolu"), name, input: {} });
      this.#delta({ type: "input_json_delta", partial_json: JSON.stringify(input) });
    }
    this.#finish("tool_use");
  }

  end() {
    this.#finish("end_turn");
  }

  #finish(reason) {
    this.#stop();
    const delta = { stop_reason: reason, stop_sequence: null };
    this.#event("message_delta", { delta, usage: { output_tokens: 10 } });
    this.#event("message_stop", {});
    this.#stream.end();
  }

  #start(kind, block) {
    this.#stop();
    this.#open = kind;
    this.#index += 1;
    this.#event("content_block_start", { index: this.#index, content_block: block });
  }

  #delta(delta) {
    this.#event("content_block_delta", { index: this.#index, delta });
  }

  #stop() {
    if (this.#open) this.#event("content_block_stop", { index: this.#index });
    this.#open = null;
  }

  #event(type, data) {
    this.#stream.send({ type, ...data }, type);
  }
}

/** The same message as one JSON answer. */
class Whole {
  #content = [];

  constructor(res, body) {
    this.res = res;
    this.body = body;
  }

  text(text) {
    const last = this.#content.at(-1);
    if (last?.type === "text") last.text += text;
    else this.#content.push({ type: "text", text });
  }

  think(thinking) {
    this.#content.push({ type: "thinking", thinking, signature: id("sig") });
  }

  tools(calls) {
    for (const call of calls) {
      this.#content.push({ type: "tool_use", id: id("toolu"), ...toolUse(call, this.body) });
    }
    this.#finish("tool_use");
  }

  end() {
    this.#finish("end_turn");
  }

  #finish(reason) {
    const message = { ...emptyMessage(this.body), content: this.#content, stop_reason: reason };
    sendJson(this.res, 200, message);
  }
}

function emptyMessage(body) {
  return {
    id: id("msg"),
    type: "message",
    role: "assistant",
    model: body.model ?? "fake-model",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: 100,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 1,
    },
  };
}

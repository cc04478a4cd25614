/** OpenAI's Responses API, as Codex speaks it. */
import { EventStream, id, offered, pick, sendJson } from "./answer.mjs";

const USAGE = { input_tokens: 100, output_tokens: 10, total_tokens: 110 };
const RETRY_MS = "100";
const OUTPUTS = new Set(["function_call_output", "custom_tool_call_output", "local_shell_call_output"]);

export const handles = (path) => path === "/v1/responses";
export const isCount = () => false;
export const modelOf = (body) => body?.model;

/** The newest prompt and how many tool results have come back since. */
export function readConversation(body) {
  let toolResults = 0;
  const input = Array.isArray(body?.input) ? body.input : [];
  for (const item of [...input].reverse()) {
    if (OUTPUTS.has(item.type)) toolResults += 1;
    if (item.role !== "user") continue;
    const texts = textsOf(item.content).filter(isPrompt);
    if (texts.length > 0) return { prompt: texts.at(-1).trim(), toolResults };
  }
  return { prompt: "", toolResults };
}

function textsOf(content) {
  if (typeof content === "string") return [content];
  return (content ?? []).filter(({ type }) => type === "input_text").map(({ text }) => text);
}

/** Codex puts its own notes into the user's part of the conversation. */
function isPrompt(text) {
  const added = /^\s*(<\/?[a-z_]+[ >]|# AGENTS\.md)/;
  return !added.test(text) && text.trim() !== "";
}

export const isSide = (body) => body !== null && !(body.tools?.length > 0);
export const sideText = () => "ok";

export function imagesOf(body) {
  const input = Array.isArray(body?.input) ? body.input : [];
  const parts = input.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return parts.filter(({ type }) => type === "input_image").map(({ image_url: url }) => dataUrl(url));
}

/** What a data: URL holds. */
export function dataUrl(url) {
  const [, type, data] = /^data:([^;]+);base64,(.*)$/s.exec(url) ?? [];
  return { type, bytes: Buffer.from(data ?? "", "base64") };
}

export function sendError(res, status, message) {
  const type = status >= 500 ? "server_error" : status === 429 ? "rate_limit_error" : "invalid_request_error";
  const code = { 401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded" }[status] ?? null;
  // Some clients wait as long as they are told to before they try again.
  res.setHeader("retry-after-ms", RETRY_MS);
  sendJson(res, status, { error: { message, type, param: null, code } });
}

export const noSuchModel = (name) => `The model \`${name}\` does not exist or you do not have access to it.`;

export const open = (res, body) => new Streamed(res, body);

/** A call in Codex's words: a function's arguments, or a custom tool's text. */
function toolCall(call, body) {
  const have = offered(body.tools);
  const callId = id("call");
  const fn = (name, args) => ({
    type: "function_call",
    id: id("fc"),
    call_id: callId,
    name,
    arguments: JSON.stringify(args),
    status: "completed",
  });
  switch (call.kind) {
    // Codex reads files by commands.
    case "read":
      return toolCall({ kind: "shell", command: `cat '${call.path}'` }, body);
    case "shell": {
      const name = pick(["exec_command", "shell_command", "shell"], have);
      if (name === "exec_command") return fn(name, { cmd: call.command, yield_time_ms: 10_000 });
      if (name === "shell_command") return fn(name, { command: call.command, timeout_ms: 600_000 });
      return fn(name, { command: ["bash", "-lc", call.command], timeout_ms: 600_000 });
    }
    case "question": {
      const options = call.labels.map((label) => ({ label, description: label.toLowerCase() }));
      const asked = { id: "choice", header: "Choice", question: call.question, options };
      return fn("request_user_input", { questions: [asked] });
    }
    case "write":
    case "edit":
      return {
        type: "custom_tool_call",
        id: id("ctc"),
        call_id: callId,
        name: "apply_patch",
        input: patchOf(call),
        status: "completed",
      };
    case "plan":
      return fn("update_plan", {
        plan: call.plan.split("|").map((step, at) => ({ step, status: at === 0 ? "in_progress" : "pending" })),
      });
  }
  throw new Error(`Codex has no tool for ${call.kind}`);
}

function patchOf(call) {
  const lines = (text, mark) => text.split("\n").map((line) => `${mark}${line}`);
  const body =
    call.kind === "write"
      ? [`*** Add File: ${call.path}`, ...lines(call.text, "+")]
      : [`*** Update File: ${call.path}`, "@@", ...lines(call.before, "-"), ...lines(call.after, "+")];
  return ["*** Begin Patch", ...body, "*** End Patch", ""].join("\n");
}

class Streamed {
  #stream;
  #body;
  #response;
  #items = [];
  /** @type {{kind: string, item: object, text: string} | null} */
  #open = null;
  #sequence = 0;

  constructor(res, body) {
    this.#body = body;
    this.#stream = new EventStream(res);
    this.#response = { id: id("resp"), object: "response", model: body.model, status: "in_progress", output: [] };
    this.#event("response.created", { response: this.#response });
  }

  text(text) {
    this.#start("message", { type: "message", id: id("msg"), role: "assistant", status: "in_progress", content: [] });
    this.#open.text += text;
    this.#event("response.output_text.delta", { ...this.#place(), content_index: 0, delta: text });
  }

  think(text) {
    this.#start("reasoning", { type: "reasoning", id: id("rs"), summary: [] });
    const part = { ...this.#place(), summary_index: 0 };
    if (this.#open.text === "") {
      this.#event("response.reasoning_summary_part.added", { ...part, part: { type: "summary_text", text: "" } });
    }
    this.#open.text += text;
    this.#event("response.reasoning_summary_text.delta", { ...part, delta: text });
  }

  tools(calls) {
    this.#stop();
    for (const call of calls) {
      const item = toolCall(call, this.#body);
      const output_index = this.#items.length;
      this.#event("response.output_item.added", { output_index, item: { ...item, status: "in_progress" } });
      this.#items.push(item);
      this.#event("response.output_item.done", { output_index, item });
    }
    this.end();
  }

  end() {
    this.#stop();
    const usage = { ...USAGE, input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } };
    const response = { ...this.#response, status: "completed", output: this.#items, usage };
    this.#event("response.completed", { response });
    this.#stream.end();
  }

  #start(kind, item) {
    if (this.#open?.kind === kind) return;
    this.#stop();
    this.#open = { kind, item, text: "" };
    this.#event("response.output_item.added", { output_index: this.#items.length, item });
  }

  #stop() {
    if (this.#open === null) return;
    const { kind, item, text } = this.#open;
    const done =
      kind === "message"
        ? { ...item, status: "completed", content: [{ type: "output_text", text, annotations: [] }] }
        : { ...item, summary: [{ type: "summary_text", text }] };
    this.#event("response.output_item.done", { output_index: this.#items.length, item: done });
    this.#items.push(done);
    this.#open = null;
  }

  #place() {
    return { item_id: this.#open.item.id, output_index: this.#items.length };
  }

  #event(type, data) {
    this.#stream.send({ type, sequence_number: this.#sequence++, ...data }, type);
  }
}

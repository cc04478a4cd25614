/** Gemini's generateContent and streamGenerateContent, as Gemini CLI speaks them. */
import { EventStream, id, sendJson } from "./answer.mjs";

const STATUS = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
};
const PATH = /^\/v1(?:beta|alpha)?\/models\/([^:]+):(generateContent|streamGenerateContent|countTokens)$/;

export const handles = (path) => PATH.test(path);
export const isCount = (path) => path.endsWith(":countTokens");
export const sendCount = (res) => sendJson(res, 200, { totalTokens: 100 });
export const modelOf = (_body, path) => PATH.exec(path)[1];

/** The newest prompt and how many tool results have come back since. */
export function readConversation(body) {
  let toolResults = 0;
  for (const { role, parts } of [...(body?.contents ?? [])].reverse()) {
    if (role !== "user") continue;
    // After a cancel the next prompt may stand behind the interrupted tool's result.
    const last = (parts ?? []).findLastIndex((part) => part.functionResponse);
    const texts = (parts ?? []).slice(last + 1).filter(({ text }) => text !== undefined && isPrompt(text));
    if (texts.length > 0) return { prompt: texts.at(-1).text.trim(), toolResults };
    toolResults += (parts ?? []).filter((part) => part.functionResponse).length;
  }
  return { prompt: "", toolResults };
}

/** Gemini CLI tells the model of its surroundings in the user's part of the conversation. */
function isPrompt(text) {
  const added = /^\s*(<[a-z_]+>|This is the Gemini CLI|\[System|System:)/;
  return !added.test(text) && text.trim() !== "";
}

export function isSide(body) {
  if (body === null) return false;
  return !(body.tools?.length > 0);
}

/** What is asked beside a turn wants JSON mostly: a routing decision, a summary. */
export function sideText(body) {
  return body.generationConfig?.responseMimeType === "application/json" ? "{}" : "ok";
}

export function imagesOf(body) {
  const parts = (body?.contents ?? []).flatMap((content) => content.parts ?? []);
  return parts
    .filter((part) => part.inlineData)
    .map(({ inlineData }) => ({ type: inlineData.mimeType, bytes: Buffer.from(inlineData.data, "base64") }));
}

export function sendError(res, status, message) {
  sendJson(res, status, { error: { code: status, message, status: STATUS[status] ?? "UNKNOWN" } });
}

export const noSuchModel = (name) => `models/${name} is not found for API version v1beta.`;

export const open = (res, body, path) =>
  path.endsWith(":streamGenerateContent") ? new Streamed(res, body, path) : new Whole(res, body, path);

/** A call in Gemini CLI's words. */
function functionCall(call) {
  const fn = (name, args) => ({ functionCall: { id: id("call"), name, args } });
  switch (call.kind) {
    case "shell": {
      const { command } = call;
      return fn("run_shell_command", { command, description: `Run ${command}`.slice(0, 60) });
    }
    case "question": {
      const options = call.labels.map((label) => ({ label, description: label.toLowerCase() }));
      const asked = { question: call.question, header: "Choice", type: "choice", options };
      return fn("ask_user", { questions: [asked] });
    }
    case "read":
      return fn("read_file", { file_path: call.path });
    case "write":
      return fn("write_file", { file_path: call.path, content: call.text });
    case "edit":
      return fn("replace", {
        file_path: call.path,
        instruction: "Replace the text.",
        old_string: call.before,
        new_string: call.after,
      });
    case "plan":
      return fn("write_todos", {
        todos: call.plan.split("|").map((description, at) => ({
          description,
          status: at === 0 ? "in_progress" : "pending",
        })),
      });
    case "task":
      return fn("invoke_agent", { agent_name: "generalist", prompt: call.prompt });
  }
  throw new Error(`Gemini CLI has no tool for ${call.kind}`);
}

/** A sub-agent ends its work by a call of its own, with what it has found in the form it is asked for. */
function completion(body, found) {
  const tools = (body.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
  const tool = tools.find(({ name }) => name === "complete_task");
  if (!tool) return [];
  const { properties = {} } = tool.parametersJsonSchema?.properties?.result ?? {};
  const names = Object.keys(properties);
  const result = names.length > 0 ? Object.fromEntries(names.map((name) => [name, found])) : found;
  return [{ functionCall: { id: id("call"), name: "complete_task", args: { result } } }];
}

const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: 10, totalTokenCount: 110 };

class Streamed {
  #said = "";

  constructor(res, body, path) {
    this.body = body;
    this.model = modelOf(body, path);
    this.stream = new EventStream(res);
  }

  text(text) {
    this.#said += text;
    this.#chunk([{ text }]);
  }

  think(text) {
    this.#chunk([{ text: `**A thought** ${text}`, thought: true }]);
  }

  tools(calls) {
    this.#finish(calls.map(functionCall));
  }

  end() {
    this.#finish(completion(this.body, this.#said));
  }

  #finish(calls) {
    this.#chunk(calls.length > 0 ? calls : [{ text: "" }], { finishReason: "STOP" });
    this.stream.end();
  }

  #chunk(parts, more = {}) {
    const candidate = { content: { role: "model", parts }, index: 0, ...more };
    this.stream.send({ candidates: [candidate], usageMetadata, modelVersion: this.model, responseId: id("resp") });
  }
}

class Whole {
  #parts = [];

  constructor(res, body, path) {
    this.res = res;
    this.model = modelOf(body, path);
  }

  text(text) {
    this.#parts.push({ text });
  }

  think(text) {
    this.#parts.push({ text, thought: true });
  }

  tools(calls) {
    this.#parts.push(...calls.map(functionCall));
    this.end();
  }

  end() {
    const candidate = { content: { role: "model", parts: this.#parts }, index: 0, finishReason: "STOP" };
    sendJson(this.res, 200, { candidates: [candidate], usageMetadata, modelVersion: this.model });
  }
}

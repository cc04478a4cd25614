/**
 * A scripted model server: the Anthropic Messages API on a loopback port, for real agents in tests.
 *
 * What it answers is written into the prompt, as a small program of directives that run in order:
 *
 *   [[say:hello]]     the text "hello"
 *   [[long:400]]      400 numbered words, in chunks of ten
 *   [[gap:100]]       100 ms between the chunks that follow
 *   [[wait:NAME]]     keeps the stream open until the test calls release(NAME)
 *   [[tool:echo hi]]  a Bash tool call; what follows it runs when the tool's result has come back
 *   [[tools:echo a|echo b]]  several Bash tool calls in one message
 *   [[question:Which?|Red|Blue]]  a question to the user, with its options, by AskUserQuestion
 *   [[error:529]]     this HTTP status with an Anthropic error body, each time
 *   [[error:529*1]]   the same for the first request only, then goes on: an error that a retry survives
 *   [[hang]]          no answer at all until the test calls release("hang") or release()
 *
 * With `scripts` the directives of a prompt are given apart from it. A prompt without directives that make text gets "Fake answer to: <prompt>". Only the newest prompt
 * counts; what an agent asks beside the turn (titles, quota checks) is answered plainly and marked
 * `side` in the record.
 */
import { createServer } from "node:http";
import { once } from "node:events";
import { randomBytes } from "node:crypto";

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
const CHUNK_WORDS = 10;
const TOOLS = new Set(["tool", "tools", "question"]);

/** @typedef {{name: string, value: string}} Step */
/**
 * @typedef {object} ModelRequest one recorded request
 * @property {string} method
 * @property {string} path
 * @property {object | null} body
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {string} prompt  the newest prompt's text, "" where there is none
 * @property {boolean} side   asked beside the turn
 * @property {"open" | "answered" | "aborted"} state
 */

/** Starts a scripted model server on 127.0.0.1. */
export async function startModelServer() {
  const server = new ModelServer();
  await server.listen();
  return server;
}

export class ModelServer {
  /** @type {ModelRequest[]} */
  requests = [];
  url = "";
  /** What to answer to a prompt that has no directives of its own: prompt → directives. */
  scripts = new Map();
  #released = new Set();
  /** @type {Map<string, Set<() => void>>} */
  #held = new Map();
  #watchers = new Set();
  #errorsGiven = new Map();
  #http = createServer((req, res) => {
    this.#onRequest(req, res).catch((error) => res.destroy(error));
  });

  async listen() {
    this.#http.listen(0, "127.0.0.1");
    await once(this.#http, "listening");
    this.url = `http://127.0.0.1:${this.#http.address().port}`;
  }

  /** What a Claude Code process needs to talk to this server and to nothing else. */
  claudeEnv() {
    return {
      ANTHROPIC_BASE_URL: this.url,
      ANTHROPIC_API_KEY: "test",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      CLAUDE_CODE_MAX_RETRIES: "2",
    };
  }

  /** The requests that belong to turns, oldest first. */
  turnRequests() {
    return this.requests.filter((request) => request.prompt && !request.side);
  }

  /** Lets [[wait:NAME]] go on, now and later; without a name, everything that is held now. */
  release(name) {
    if (name !== undefined) this.#released.add(name);
    const names = name === undefined ? [...this.#held.keys()] : [name];
    for (const each of names) {
      const held = this.#held.get(each);
      this.#held.delete(each);
      for (const go of held ?? []) go();
    }
  }

  /** Resolves when a request is held at [[wait:NAME]] ("hang" for [[hang]]). */
  waiting(name) {
    return this.#until(() => this.#held.has(name), `a request held at ${name}`);
  }

  /** Resolves with the first recorded request that satisfies the predicate. */
  async requested(predicate) {
    let found;
    await this.#until(() => (found = this.requests.find(predicate)), "a request");
    return found;
  }

  async close() {
    const closed = once(this.#http, "close");
    this.#http.close();
    this.#http.closeAllConnections();
    this.release();
    await closed;
  }

  #until(condition, what, ms = 30_000) {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        this.#watchers.delete(check);
        clearTimeout(timer);
        settle(value);
      };
      const check = () => condition() && finish(resolve);
      const late = () => finish(reject, new Error(`the model server saw no ${what} in ${ms} ms`));
      const timer = setTimeout(late, ms);
      this.#watchers.add(check);
    });
  }

  #changed() {
    for (const check of [...this.#watchers]) check();
  }

  /** Holds a request until it is released (true) or its client is gone (false). */
  #hold(name, res) {
    if (this.#released.has(name)) return Promise.resolve(true);
    if (res.destroyed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const held = this.#held.get(name) ?? new Set();
      const go = () => resolve(true);
      held.add(go);
      this.#held.set(name, held);
      res.once("close", () => {
        held.delete(go);
        if (held.size === 0 && this.#held.get(name) === held) this.#held.delete(name);
        resolve(false);
      });
      this.#changed();
    });
  }

  async #onRequest(req, res) {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const path = new URL(req.url, "http://model").pathname;
    const body = parseJson(Buffer.concat(chunks).toString("utf8"));
    const { prompt, toolResults } = readConversation(body);
    /** @type {ModelRequest} */
    const record = {
      method: req.method,
      path,
      body,
      headers: req.headers,
      prompt,
      side: isSide(body),
      state: "open",
    };
    this.requests.push(record);
    res.once("close", () => {
      record.state = res.writableFinished ? "answered" : "aborted";
      this.#changed();
    });
    this.#changed();

    if (req.method === "HEAD" || req.method === "GET") return sendJson(res, 200, {});
    if (path === "/v1/messages/count_tokens") return sendJson(res, 200, { input_tokens: 100 });
    if (path !== "/v1/messages" || body === null) return sendError(res, 404);
    if (record.side) return this.#answer(res, body, sideSteps(body), "");
    return this.#answer(
      res,
      body,
      segment(parseScript(this.scripts.get(prompt) ?? prompt), toolResults),
      prompt,
    );
  }

  async #answer(res, body, steps, prompt) {
    for (const step of steps.filter((each) => each.name === "error")) {
      if (this.#errorDue(prompt, step.value)) return sendError(res, Number.parseInt(step.value, 10));
    }
    if (steps.some((step) => step.name === "hang") && !(await this.#hold("hang", res))) return;
    const out = body.stream ? new StreamedMessage(res, body) : new WholeMessage(res, body);
    await this.#play(res, out, steps, prompt);
  }

  async #play(res, out, steps, prompt) {
    const speaks = (step) => step.name === "say" || step.name === "long";
    let gap = 0;
    for (const { name, value } of steps) {
      if (name === "gap") gap = Number(value);
      if (name === "say") out.text(value);
      if (name === "long") await speakWords(res, out, Number(value), gap);
      if (name === "wait" && !(await this.#hold(value, res))) return;
      if (name === "tool") return out.tools([bash(value)]);
      if (name === "tools") return out.tools(value.split("|").map(bash));
      if (name === "question") return out.tools([question(value)]);
    }
    if (!steps.some(speaks)) out.text(`Fake answer to: ${withoutDirectives(prompt)}`);
    out.end("end_turn");
  }

  #errorDue(prompt, value) {
    const times = value.includes("*") ? Number(value.split("*")[1]) : Infinity;
    const key = `${prompt}\n${value}`;
    const given = this.#errorsGiven.get(key) ?? 0;
    this.#errorsGiven.set(key, given + 1);
    return given < times;
  }
}

/** A message sent as server-sent events. */
class StreamedMessage {
  #index = -1;
  #open = false;

  constructor(res, body) {
    this.res = res;
    res.writeHead(200, { "content-type": "text/event-stream", "request-id": id("req") });
    this.#event("message_start", { message: emptyMessage(body) });
    this.#event("ping", {});
  }

  text(text) {
    if (!this.#open) this.#start({ type: "text", text: "" });
    this.#open = true;
    this.#delta({ type: "text_delta", text });
  }

  tools(calls) {
    for (const { name, input } of calls) {
      this.#stop();
      this.#start({ type: "tool_use", id: id("toolu"), name, input: {} });
      this.#delta({ type: "input_json_delta", partial_json: JSON.stringify(input) });
      this.#open = true;
    }
    this.end("tool_use");
  }

  end(reason) {
    this.#stop();
    const delta = { stop_reason: reason, stop_sequence: null };
    this.#event("message_delta", { delta, usage: { output_tokens: 10 } });
    this.#event("message_stop", {});
    this.res.end();
  }

  #start(block) {
    this.#index += 1;
    this.#event("content_block_start", { index: this.#index, content_block: block });
  }

  #delta(delta) {
    this.#event("content_block_delta", { index: this.#index, delta });
  }

  #stop() {
    if (this.#open) this.#event("content_block_stop", { index: this.#index });
    this.#open = false;
  }

  #event(type, data) {
    if (this.res.destroyed) return;
    this.res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  }
}

/** The same message as one JSON answer. */
class WholeMessage {
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

  tools(calls) {
    for (const call of calls) this.#content.push({ type: "tool_use", id: id("toolu"), ...call });
    this.end("tool_use");
  }

  end(reason) {
    const message = { ...emptyMessage(this.body), content: this.#content, stop_reason: reason };
    sendJson(this.res, 200, message);
  }
}

async function speakWords(res, out, count, gap) {
  for (let from = 0; from < count && !res.destroyed; from += CHUNK_WORDS) {
    const to = Math.min(from + CHUNK_WORDS, count);
    const words = Array.from({ length: to - from }, (_, at) => `word${from + at + 1}`);
    if (from > 0 && gap > 0) await new Promise((resolve) => setTimeout(resolve, gap));
    out.text(`${words.join(" ")} `);
  }
}

/** The newest prompt and how many tool results have come back since. */
function readConversation(body) {
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

/** Agents add reminders of their own to a prompt, and a note where a turn was interrupted. */
function isPrompt(text) {
  const added = /^\s*(<(system-reminder|command-|local-command-)|\[Request interrupted)/;
  return !added.test(text) && text.trim() !== "";
}

function isSide(body) {
  if (body === null || body.tools?.length > 0) return false;
  const system = JSON.stringify(body.system ?? "");
  return body.max_tokens === 1 || /title|topic|Claude Code/i.test(system);
}

function sideSteps(body) {
  const wantsTitle = /title/i.test(JSON.stringify(body.system ?? ""));
  return [{ name: "say", value: wantsTitle ? '{"title": "Fake title"}' : "ok" }];
}

/** @returns {Step[]} */
export function parseScript(prompt) {
  const found = prompt.matchAll(/\[\[([a-z]+)(?::((?:(?!\]\]).)*))?\]\]/gs);
  return [...found].map(([, name, value]) => ({ name, value: value ?? "" }));
}

/** The steps to play now: those between the tool call just answered and the next one. */
function segment(steps, toolResults) {
  const calls = (step) =>
    step.name === "tools" ? step.value.split("|").length : TOOLS.has(step.name) ? 1 : 0;
  const tools = steps.flatMap((step, at) => (calls(step) > 0 ? [at] : []));
  // A call that made several gets as many results.
  const ends = steps.flatMap((step, at) => Array.from({ length: calls(step) }, () => at));
  const from = toolResults === 0 ? 0 : (ends[Math.min(toolResults, ends.length) - 1] ?? -1) + 1;
  const next = tools.find((at) => at >= from) ?? steps.length;
  const rest = steps.slice(from, next + 1);
  const done =
    toolResults > 0 && !rest.some(({ name }) => name === "say" || name === "long" || TOOLS.has(name));
  return done ? [...rest, { name: "say", value: "Done." }] : rest;
}

function withoutDirectives(prompt) {
  return prompt.replace(/\[\[((?!\]\]).)*\]\]/gs, "").trim();
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

function bash(command) {
  return { name: "Bash", input: { command, description: `Run ${command}`.slice(0, 60) } };
}

function question(value) {
  const [asked, ...labels] = value.split("|");
  const options = labels.map((label) => ({ label, description: label.toLowerCase() }));
  const questions = [{ question: asked, header: "Choice", options, multiSelect: false }];
  return { name: "AskUserQuestion", input: { questions } };
}

function sendError(res, status) {
  const type = ERROR_TYPES[status] ?? (status >= 500 ? "api_error" : "invalid_request_error");
  const error = { type, message: `Fake error ${status}` };
  sendJson(res, status, { type: "error", error, request_id: id("req") });
}

function sendJson(res, status, value) {
  const text = JSON.stringify(value);
  res.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "request-id": id("req"),
  });
  res.end(text);
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function id(prefix) {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}

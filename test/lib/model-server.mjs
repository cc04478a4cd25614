/**
 * A scripted model on loopback that the real agents talk to. It speaks their APIs (Anthropic Messages,
 * OpenAI Responses and Chat Completions, Gemini generateContent), streaming where they ask for it; the
 * prompt itself says what to answer.
 *
 *     const model = await startModelServer();
 *     // start the agent with agentSetup(name, { model, home }) of agent-setup.mjs
 *     // prompt: "hello [[say:Hello]][[wait:middle]][[say: world]]"
 *     await model.waiting("middle");
 *     model.release("middle");
 *
 * A test writes into the prompt, as a small program of directives that run in order:
 *
 *   [[say:hello]]     the text "hello"
 *   [[long:400]]      400 numbered words, in chunks of ten
 *   [[bulk:2097152]]  that many bytes of numbered lines, in pieces of 16 KiB
 *   [[gap:100]]       100 ms between the chunks that follow
 *   [[think:hmm]]     a thought, or a summary of one
 *   [[wait:NAME]]     keeps the stream open until the test calls release(NAME)
 *   [[tool:echo hi]]  a call of the agent's own shell tool; what follows it runs when the tool's result
 *                     has come back
 *   [[tools:echo a|echo b]]  several of them in one message
 *   [[write:PATH|text]]      a file is written, by the agent's own tool
 *   [[read:PATH]]            a file is read; [[reads:PATH|PATH]] several, in one message
 *   [[edit:PATH|old|new]]    a text in a file is replaced
 *   [[question:Which?|Red|Blue]]  a question to the user, with its options
 *   [[plan:first|second]]    Claude's plan to be approved; elsewhere the list of things to do
 *   [[task:look ((say:found))]]  a sub-agent with a prompt of its own, its directives in (( ))
 *   [[call:NAME {"a":1}]]   a call of one of Claude's tools by its own name, with that input
 *   [[error:529]]     this HTTP status with the API's error body, each time
 *   [[error:400 prompt is too long]]  the same with these words in it
 *   [[error:529*1]]   the same for the first request only, then goes on: an error that a retry survives
 *   [[cut]]           the connection is closed in mid-stream, each time; [[cut:1]] the first time only
 *   [[hang]]          no answer at all until the test calls release("hang") or release()
 *
 * With `scripts` the directives of a prompt are given apart from it. A prompt without directives that
 * make text gets "Fake answer to: <prompt>". Only the newest prompt counts; what an agent asks beside
 * the turn (titles, quota checks) is answered plainly and marked `side` in the record. The models in
 * `missing` do not exist; a request without a key is refused.
 *
 * The directives are read in model-server/script.mjs; model-server/API.mjs is one API each.
 */
import { createServer } from "node:http";
import { once } from "node:events";
import { agentSetup } from "./agent-setup.mjs";
import * as anthropic from "./model-server/anthropic.mjs";
import { parseJson, sendJson } from "./model-server/answer.mjs";
import * as chat from "./model-server/chat.mjs";
import * as gemini from "./model-server/gemini.mjs";
import * as responses from "./model-server/responses.mjs";
import { callsOf, parseScript, segment, speaks, withoutDirectives } from "./model-server/script.mjs";

const APIS = [anthropic, responses, chat, gemini];
const CHUNK_WORDS = 10;
const BULK_LINE = 64;
const BULK_PIECE = 16_384;
/** Time for what was written to leave, before the connection is cut. */
const CUT_MS = 50;

/**
 * @typedef {object} ModelRequest one recorded request
 * @property {string} method
 * @property {string} path
 * @property {object | null} body
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {string} prompt  the newest prompt's text, "" where there is none
 * @property {boolean} side   asked beside the turn
 * @property {{type: string, bytes: Buffer}[]} images  those of the whole conversation
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
  /** The models that do not exist. */
  missing = new Set(["no-such-model"]);
  #released = new Set();
  /** @type {Map<string, Set<() => void>>} */
  #held = new Map();
  #watchers = new Set();
  #failuresGiven = new Map();
  #http = createServer((req, res) => {
    this.#onRequest(req, res).catch((error) => res.destroy(error));
  });

  /** Listens, after a close() on the port that it had. */
  async listen() {
    this.#http.listen(this.url ? Number(new URL(this.url).port) : 0, "127.0.0.1");
    await once(this.#http, "listening");
    this.url = `http://127.0.0.1:${this.#http.address().port}`;
  }

  /** What a Claude Code process needs to talk to this server and to nothing else. */
  claudeEnv() {
    return agentSetup("claude", { model: this }).env;
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
    const api = APIS.find((each) => each.handles(path)) ?? null;
    const { prompt, toolResults } = api?.readConversation(body) ?? { prompt: "", toolResults: 0 };
    /** @type {ModelRequest} */
    const record = {
      method: req.method,
      path,
      body,
      headers: req.headers,
      prompt,
      side: api?.isSide(body) ?? false,
      images: api?.imagesOf(body) ?? [],
      state: "open",
    };
    this.requests.push(record);
    res.once("close", () => {
      record.state = res.writableFinished ? "answered" : "aborted";
      this.#changed();
    });
    this.#changed();

    if (req.method === "HEAD" || req.method === "GET") return sendJson(res, 200, {});
    if (api?.isCount(path)) return api.sendCount(res);
    if (api === null || body === null) return anthropic.sendError(res, 404, "Fake error 404");
    if (!hasKey(req.headers)) return api.sendError(res, 401, "No API key was given.");
    const modelName = api.modelOf(body, path) ?? "";
    if (this.missing.has(modelName)) return api.sendError(res, 404, api.noSuchModel(modelName));
    const steps = record.side
      ? [{ name: "say", value: api.sideText(body) }]
      : segment(parseScript(this.scripts.get(prompt) ?? prompt), toolResults);
    return this.#answer(res, () => api.open(res, body, path), api, steps, record.side ? "" : prompt);
  }

  async #answer(res, open, api, steps, prompt) {
    for (const { value } of steps.filter((each) => each.name === "error")) {
      const status = Number.parseInt(value, 10);
      const words = /^\d+ (.*)$/s.exec(value)?.[1] ?? `Fake error ${status}`;
      if (this.#due(prompt, value)) return api.sendError(res, status, words);
    }
    if (steps.some((step) => step.name === "hang") && !(await this.#hold("hang", res))) return undefined;
    return this.#play(res, open(), steps, prompt);
  }

  async #play(res, out, steps, prompt) {
    let gap = 0;
    for (const step of steps) {
      const { name, value } = step;
      if (name === "gap") gap = Number(value);
      if (name === "say") out.text(value);
      if (name === "think") out.think(value);
      if (name === "long") await speakWords(res, out, Number(value), gap);
      if (name === "bulk") await pour(res, out, bulk(Number(value)));
      if (name === "wait" && !(await this.#hold(value, res))) return;
      if (name === "cut" && this.#due(prompt, `cut*${value || Infinity}`)) return void cut(res);
      const calls = callsOf(step);
      if (calls) return void out.tools(calls);
    }
    if (!steps.some(speaks)) out.text(`Fake answer to: ${withoutDirectives(prompt)}`);
    out.end();
  }

  /** Whether a failure that is to happen so often ("529*1", else always) happens now. */
  #due(prompt, value) {
    const times = value.includes("*") ? Number(value.split("*")[1]) : Infinity;
    const key = `${prompt}\n${value}`;
    const given = this.#failuresGiven.get(key) ?? 0;
    this.#failuresGiven.set(key, given + 1);
    return given < times;
  }
}

const hasKey = (headers) =>
  Boolean(headers["x-api-key"] || headers["x-goog-api-key"] || /^Bearer ./.test(headers.authorization));

/** Closes the connection when what was written so far is on its way. */
function cut(res) {
  setTimeout(() => res.destroy(), CUT_MS);
}

async function speakWords(res, out, count, gap) {
  for (let from = 0; from < count && !res.destroyed; from += CHUNK_WORDS) {
    const to = Math.min(from + CHUNK_WORDS, count);
    const words = Array.from({ length: to - from }, (_, at) => `word${from + at + 1}`);
    if (from > 0 && gap > 0) await new Promise((resolve) => setTimeout(resolve, gap));
    out.text(`${words.join(" ")} `);
  }
}

/**
 * The text of [[bulk:BYTES]]: each line says where it is, so that nothing can be lost or doubled, and no
 * line is like another, because agents stop a model that repeats itself.
 */
export function bulk(bytes) {
  let state = 1;
  const word = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state.toString(36);
  };
  const line = (_, at) => `${at + 1}: ${Array.from({ length: 10 }, word).join(" ")}`.slice(0, BULK_LINE - 1);
  const lines = Array.from({ length: Math.ceil(bytes / BULK_LINE) }, (_, at) => line(_, at).padEnd(BULK_LINE - 1, "."));
  return `${lines.join("\n")}\n`.slice(0, bytes);
}

function drained(res) {
  return new Promise((resolve) => {
    const go = () => {
      res.off("drain", go).off("close", go);
      resolve();
    };
    res.on("drain", go).on("close", go);
  });
}

async function pour(res, out, text) {
  for (let from = 0; from < text.length && !res.destroyed; from += BULK_PIECE) {
    out.text(text.slice(from, from + BULK_PIECE));
    if (res.writableNeedDrain) await drained(res);
  }
}

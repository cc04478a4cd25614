/** The directives of a prompt, and which of them the request at hand is to play. */

/** Those that end a message with tool calls, and what each makes of its value. */
const CALLS = {
  tool: (value) => [shell(value)],
  tools: (value) => value.split("|").map(shell),
  question: (value) => [question(value)],
  write: (value) => [file("write", value)],
  read: (path) => [{ kind: "read", path }],
  reads: (value) => value.split("|").map((path) => ({ kind: "read", path })),
  edit: (value) => [file("edit", value)],
  plan: (value) => [{ kind: "plan", plan: value }],
  task: (value) => [{ kind: "task", prompt: nested(value) }],
  call: (value) => [call(value)],
};
const SPEAKS = new Set(["say", "long", "bulk"]);

/**
 * @typedef {{name: string, value: string}} Step
 * @typedef {object} Call  a tool call, before an API puts it into an agent's own words
 * @property {"shell" | "question" | "read" | "write" | "edit" | "plan" | "task" | "call"} kind
 */

/** @returns {Step[]} */
export function parseScript(prompt) {
  const found = prompt.matchAll(/\[\[([a-z]+)(?::((?:(?!\]\]).)*))?\]\]/gs);
  return [...found].map(([, name, value]) => ({ name, value: value ?? "" }));
}

export const speaks = (step) => SPEAKS.has(step.name);

/** @returns {Call[] | null} the calls of a step, null where it makes none */
export const callsOf = ({ name, value }) => CALLS[name]?.(value) ?? null;

/** The steps to play now: those between the tool call just answered and the next one. */
export function segment(steps, toolResults) {
  const calls = (step) => callsOf(step)?.length ?? 0;
  const tools = steps.flatMap((step, at) => (calls(step) > 0 ? [at] : []));
  // A call that made several gets as many results.
  const ends = steps.flatMap((step, at) => Array.from({ length: calls(step) }, () => at));
  const from = toolResults === 0 ? 0 : (ends[Math.min(toolResults, ends.length) - 1] ?? -1) + 1;
  const next = tools.find((at) => at >= from) ?? steps.length;
  const rest = steps.slice(from, next + 1);
  const done = toolResults > 0 && !rest.some((step) => speaks(step) || calls(step) > 0);
  return done ? [...rest, { name: "say", value: "Done." }] : rest;
}

export function withoutDirectives(prompt) {
  return prompt.replace(/\[\[((?!\]\]).)*\]\]/gs, "").trim();
}

const shell = (command) => ({ kind: "shell", command });

function question(value) {
  const [asked, ...labels] = value.split("|");
  return { kind: "question", question: asked, labels };
}

/** A tool of the agent by its own name: NAME {"its":"input"}. */
function call(value) {
  const at = value.indexOf(" ");
  return { kind: "call", name: value.slice(0, at), input: JSON.parse(nested(value.slice(at + 1))) };
}

function file(kind, value) {
  const [path, ...texts] = value.split("|");
  if (kind === "write") return { kind, path, text: texts.join("|") };
  return { kind, path, before: texts[0] ?? "", after: texts[1] ?? "" };
}

/** A sub-agent's prompt has directives of its own, written ((say:found)). */
function nested(value) {
  return value.replaceAll("((", "[[").replaceAll("))", "]]");
}

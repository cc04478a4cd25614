/** The shell: a prompt is a command, its output the answer, its exit status the end of the turn. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bulk } from "../../lib/model-server.mjs";

const NO_MODEL = "The shell asks no model: what a model's API answers cannot happen to it.";
const NO_TOOLS = "The shell has no tools: the prompt itself is the command.";
const NO_ASKING = "A command asks nobody for leave: it was a person who typed it.";
const NO_PROTOCOL = "A command prints text, which has no message types.";
const ONE_EACH = "Each prompt of the shell is a process of its own: none is kept between two turns.";

const COMMANDS = {
  say: (text) => `printf %s ${quote(text)}`,
  wait: (name, world) => world.gate(name).wait,
  tool: (command) => command,
  fail: (words) => `echo ${quote(words)} >&2; exit 3`,
  bulk: (bytes, world) => {
    const file = join(world.muster.dir, `bulk-${bytes}`);
    writeFileSync(file, bulk(bytes));
    return `cat ${quote(file)}`;
  },
};

export const shell = {
  id: "shell",
  program: null,
  dialect: "shell",
  script(steps, mark, world) {
    const count = `echo x >> ${quote(world.countFile(mark))}`;
    return [count, ...steps.map(([name, value]) => COMMANDS[name](value, world)), `: ${mark}`].join("; ");
  },
  cannot: {
    thinking: "A command has no thoughts that it would tell.",
    conversation: ONE_EACH,
    usage: "A command uses no tokens.",
    "tool use": NO_TOOLS,
    "a tool that fails": NO_TOOLS,
    "a file is written": NO_TOOLS,
    "a file is edited": NO_TOOLS,
    plan: NO_TOOLS,
    "sub-agent": NO_TOOLS,
    "unknown message types": NO_PROTOCOL,
    "image in a prompt": "A command line takes no pictures.",
    "permission: allow": NO_ASKING,
    "permission: deny": NO_ASKING,
    "permission: several calls in one message": NO_ASKING,
    "permission: two requests open at once": NO_ASKING,
    question: "A command is run without input: it cannot ask.",
    "cancel while asked": NO_ASKING,
    "error: the key is refused (401)": NO_MODEL,
    "error: too many requests (429)": NO_MODEL,
    "error: the model is overloaded": NO_MODEL,
    "error: cut in mid-stream": NO_MODEL,
    "error: no such model": NO_MODEL,
    "error: no key": NO_MODEL,
    "error: no network": NO_MODEL,
    "an error that a retry survives": NO_MODEL,
    "resume after the process has ended": ONE_EACH,
    "stdin closed: an idle process is ended, the next prompt resumes": ONE_EACH,
    "kill -9 of the agent while it asks": NO_ASKING,
    "kill -9 of the server while the agent asks": NO_ASKING,
  },
  errors: { command: { steps: [["fail", "it broke"]], says: /^exit 3: it broke$/, plain: true } },
};

function quote(text) {
  return `'${String(text).replaceAll("'", `'\\''`)}'`;
}

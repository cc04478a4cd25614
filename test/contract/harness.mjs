/**
 * The contract suite: every scenario, for one agent, against muster's public interface. A file of
 * tests is
 *
 *     runContract(agent);
 *
 * with what agents/NAME.mjs exports:
 *
 *   id          the agent as muster calls it
 *   program     the npm package's name in agent-setup.mjs; null: no model, its prompts are commands
 *   script      (steps, mark, room) → the text of a prompt; default: the directives of the model server
 *   options     {ask, all}: a session's options that make the agent ask, or let it do everything
 *   prepare     (folder, "ask" | "all") → files that this agent needs in the project's folder
 *   cannot      {scenario: reason}: what this agent cannot do; counted and shown as such
 *   errors      {cause: {steps, says}}: how a cause is made and what its error_message says
 *   expects     what differs between agents; each is documented where a scenario reads it
 *   warmUp      arguments with which the program is run once before several of it start at once
 *   saved, resumable   wait until a conversation is on the disk, and until it may be loaded again
 *
 * A scenario is {name, own?, run(world, own)}. `own`: it gets a muster and a model server of its own,
 * with these options (or what (agent, t) returns), because it breaks them. Everything else shares one
 * muster, two scenarios at a time.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { agentBinDir, requireAgent } from "../lib/agent-setup.mjs";
import { makeGate } from "../lib/gate.mjs";
import { startModelServer } from "../lib/model-server.mjs";
import { startMuster } from "../lib/muster.mjs";
import { after, before, describe, test } from "../lib/test.mjs";
import { openRoom } from "../lib/views.mjs";
import { poll } from "../lib/wait.mjs";
import { scenarios } from "./scenarios.mjs";
import { noteResult, writeTable } from "./table.mjs";

const LIMIT_MS = 180_000;
const SHARED = 2;
const REASON_CHARS = 20;
const ADVICE =
  /\b(check|wait|choose|send|run|set|log in|sign in|try again|add|start|install|restart)\b/i;

/** @param {object} agent what agents/NAME.mjs exports */
export function runContract(agent) {
  const shared = {};
  const version = agent.program ? requireAgent(agent.program) : "sh";
  before(async () => {
    Object.assign(shared, await startWorld(null, agent));
    if (agent.warmUp) warmUp(agent, shared.muster);
  });
  after(async () => {
    writeTable(agent.id, version);
    await assertEmpty(shared.muster).finally(() => shared.muster.dispose());
    await shared.model.close();
  });
  for (const name of Object.keys(agent.cannot)) {
    assert.ok(
      scenarios.some((each) => each.name === name),
      `${agent.id} cannot do "${name}", which is no scenario`,
    );
  }
  const runOne = (scenario) => {
    const reason = agent.cannot[scenario.name];
    if (reason) return declare(agent, scenario, reason);
    return test(scenario.name, { timeout: LIMIT_MS }, async (t) => {
      noteResult(scenario.name, "fail");
      const { own } = scenario;
      const options = typeof own === "function" ? own(agent, t) : own;
      const started = own ? await startWorld(t, agent, options) : shared;
      await scenario.run(new World(t, agent, started), options);
      if (own) await assertEmpty(started.muster);
      noteResult(scenario.name, "pass");
    });
  };
  const together = agent.startsAlone ? 1 : SHARED;
  describe(agent.id, { concurrency: together }, () => scenarios.filter(({ own }) => !own).forEach(runOne));
  describe(`${agent.id}, with a server of its own`, { concurrency: SHARED }, () =>
    scenarios.filter(({ own }) => own).forEach(runOne),
  );
}

/** What an agent cannot do is a statement in its file, with its reason; here it is counted. */
function declare(agent, { name }, reason) {
  test(`${name}: declared as what ${agent.id} cannot do: ${reason}`, () => {
    noteResult(name, "cannot", reason);
    assert.ok(reason.length > REASON_CHARS, "the reason is a sentence");
  });
}

async function startWorld(t, agent, { env = {}, key, path } = {}) {
  const model = await startModelServer();
  t?.after(() => model.close().catch(() => {}));
  const agents = agent.program ? [agent.program] : [];
  const all = { IS_SANDBOX: "1", ...agent.env, ...env };
  const muster = await startMuster(t, { model, agents, key, path, env: all });
  return { muster, model };
}

function warmUp({ program, warmUp: argv }, { env, project }) {
  const options = { env, cwd: project, encoding: "utf8", timeout: LIMIT_MS };
  const { status, stdout, stderr } = spawnSync(join(agentBinDir, program), argv, options);
  assert.equal(status, 0, `${program} ${argv.join(" ")}: ${stdout}${stderr}`);
}

/** Deletes every session, and waits until nothing but the server runs. */
async function assertEmpty(muster) {
  if (muster.child === null) return;
  const { projects } = await muster.ok("GET", "/api/projects");
  for (const { sessions } of projects) {
    for (const { id } of sessions) await muster.ok("DELETE", `/api/sessions/${id}`);
  }
  const left = () => muster.processes().filter(({ pid }) => pid !== muster.pid);
  const story = () => `every process of the agents to end: ${JSON.stringify(left())}`;
  await poll(() => left().length === 0, "every process of the agents to end").catch((error) => {
    throw new Error(`${error.message}; ${story()}`);
  });
}

/** What a scenario works with. */
class World {
  #gates = new Map();

  constructor(t, agent, { muster, model }) {
    Object.assign(this, { t, agent, muster, model });
  }

  /** A new session in a new folder. `may`: "ask" (the default), or "all": it does what it wants. */
  async room({ may = "ask", options, ...more } = {}) {
    this.muster.assertRuns();
    const all = { ...this.agent.options?.[may], ...options };
    const room = await openRoom(this.t, this.muster, {
      agent: this.agent.id,
      ...(Object.keys(all).length > 0 && { options: all }),
      ...more,
    });
    this.agent.prepare?.(room.folder, may);
    return room;
  }

  /**
   * The text of a prompt that makes the agent do the steps: ["say", "hello"], ["wait", "name"],
   * ["tool", "echo hi"] and the other directives of the model server. The mark finds it again.
   */
  prompt(steps, mark) {
    if (this.agent.script) return this.agent.script(steps, mark, this);
    return `${steps.map(directive).join("")} ${mark}`;
  }

  /** Lets a ["wait", name] go on. */
  release(name) {
    if (this.#gates.has(name)) return this.#gates.get(name).open();
    return this.model.release(name);
  }

  /** For an agent without a model: the pipe that a command waits at. */
  gate(name) {
    if (!this.#gates.has(name)) this.#gates.set(name, makeGate(this.t, this.muster.dir));
    return this.#gates.get(name);
  }

  /** How often the agent took up the prompt with this mark. */
  timesRun(mark) {
    if (this.agent.program) return this.requests(mark).length;
    const file = this.countFile(mark);
    return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
  }

  countFile(mark) {
    return join(this.muster.dir, `count-${mark.replace(/\W+/g, "-")}`);
  }

  requests(mark) {
    return this.model.turnRequests().filter(({ prompt }) => prompt.includes(mark));
  }

  /** The agent of a room, the holder's own child. */
  async agentOf({ folder }) {
    const here = () => this.muster.agents().find(({ pid }) => isIn(pid, folder));
    return poll(here, `the agent in ${folder}`);
  }

  processesIn({ folder }) {
    return this.muster.processes().filter(({ pid }) => isIn(pid, folder));
  }

  /** Waits until a tool's command of that name runs in the room's folder. */
  toolRuns(room, command = "tail") {
    const running = () => this.processesIn(room).filter((each) => each.command === command);
    return poll(() => running().length > 0 && running(), `${command} to run in ${room.folder}`);
  }

  /** Waits until nothing runs in the room's folder. */
  async nothingRuns(room) {
    await poll(() => this.processesIn(room).length === 0, `nothing to run in ${room.folder}`).catch((error) => {
      throw new Error(`${error.message}; there: ${JSON.stringify(this.processesIn(room))}`);
    });
  }

  /** Deletes the session: its agent ends, and what the agent had started. */
  async leave(...rooms) {
    for (const room of rooms) await room.verify();
    for (const room of rooms) await this.muster.ok("DELETE", `/api/sessions/${room.sessionId}`);
    for (const room of rooms) await this.nothingRuns(room);
  }

  /**
   * The truth of the badge: what every client saw on both topics was exactly this, in this order:
   * "working", "permission", "question", "idle", "error".
   */
  saw(room, wanted) {
    const rows = room.projects.updates.filter(({ sessionId }) => sessionId === room.sessionId);
    assert.deepEqual(badges(room.session.updates), wanted, "on the session's topic");
    assert.deepEqual(badges(rows), wanted, "on the topic of the projects");
  }

  /** An error_message is for a person: what happened, and what to do about it, unless it is plain. */
  assertReason(room, { says, plain = false }) {
    const reason = room.session.row.error_message;
    assert.equal(room.session.state, "error", `the state, with the reason ${reason}`);
    assert.match(reason, says);
    assert.doesNotMatch(reason, /[{[]"|\n\s+at |undefined|\[object/, "no raw data for a person");
    if (!plain) {
      assert.ok(reason.length > REASON_CHARS, reason);
      assert.match(reason, ADVICE, "what to do about it is said");
    }
    const listed = room.projects.sessions.get(room.sessionId);
    assert.equal(listed.error_message, reason);
    assert.equal(listed.state, "error");
    assert.deepEqual(room.session.said.find(([kind]) => kind === "error")?.[0], "error");
  }

  /** A turn that goes well clears what was; its answer comes. */
  async goesOn(room, mark) {
    const done = await room.session.turn(this.prompt([["say", `fine after ${mark}`]], `again ${mark}`));
    assert.equal(room.session.state, "idle", done.error_message);
    assert.equal(room.session.row.error_message, null);
    assert.ok(room.session.text().trimEnd().endsWith(`fine after ${mark}`), room.session.text().slice(-200));
  }
}

const directive = ([name, value]) => (value === undefined ? `[[${name}]]` : `[[${name}:${value}]]`);

/** The badges that a list of patches shows, repetitions left out. */
function badges(updates) {
  const seen = [];
  let row = { state: "idle", waiting_for: null };
  for (const { state = row.state, waiting_for: waitingFor = row.waiting_for } of updates) {
    row = { state, waiting_for: waitingFor };
    const badge = waitingFor ?? state;
    if (badge !== (seen.at(-1) ?? "idle")) seen.push(badge);
  }
  return seen;
}

function isIn(pid, folder) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
  } catch {
    return false;
  }
}

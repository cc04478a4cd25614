/** Processes that end, of themselves or by kill -9, under a turn or between two. */
import assert from "node:assert/strict";
import { isAlive, kill } from "../../lib/processes.mjs";
import { poll } from "../../lib/wait.mjs";

const gone = (...pids) => poll(() => !pids.some(isAlive), `the processes ${pids} to end`);

/** The conversation goes on where it was: the model is told what was said before. */
async function resumes(world, room, mark, before) {
  await world.agent.resumable?.();
  await world.goesOn(room, mark);
  if (!world.agent.program) return;
  const [request] = world.requests(`again ${mark}`);
  assert.ok(JSON.stringify(request.body).includes(before), "the model is told what was said before");
}

export const crashes = [
  {
    name: "resume after the process has ended",
    async run(world) {
      const room = await world.room();
      await room.session.turn(world.prompt([["say", "remember this"]], "resume-first"));
      const { cli_session_id: conversation } = room.session.row;
      await world.agent.saved?.(world, room, "remember this");
      const { pid, ppid } = await world.agentOf(room);
      kill(pid, "SIGKILL");
      await gone(pid, ppid);
      await world.nothingRuns(room);
      assert.equal(room.session.state, "idle", "what died while idle is no error");
      await resumes(world, room, "resume", "resume-first");
      assert.equal(room.session.row.cli_session_id, conversation, "in the same conversation");
      world.saw(room, ["working", "idle", "working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "stdin closed: an idle process is ended, the next prompt resumes",
    own: { env: { MUSTER_AGENT_KEEP_MS: "1500" } },
    async run(world) {
      const room = await world.room();
      await room.session.turn(world.prompt([["say", "remember that"]], "idle-first"));
      const { cli_session_id: conversation } = room.session.row;
      const { pid, ppid } = await world.agentOf(room);
      await gone(pid, ppid);
      await world.nothingRuns(room);
      assert.equal(room.session.state, "idle", "its end is no error");
      assert.equal(room.session.row.error_message, null);
      await resumes(world, room, "idle", "idle-first");
      assert.equal(room.session.row.cli_session_id, conversation, "in the same conversation");
      world.saw(room, ["working", "idle", "working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "kill -9 of the agent while it streams",
    async run(world) {
      const room = await world.room();
      const steps = [
        ["say", "begun"],
        ["wait", "never-killed"],
      ];
      await room.session.send(world.prompt(steps, "killed-streaming"));
      await room.session.shows("begun");
      const { pid, ppid } = await world.agentOf(room);
      kill(pid, "SIGKILL");
      const done = await room.session.turnEnded();
      assert.equal(done.row.state, "error");
      assert.match(done.error_message, /killed by signal 9/);
      assert.equal(room.session.text(), "begun", "what had been shown stays");
      await gone(pid, ppid);
      await world.nothingRuns(room);
      world.saw(room, ["working", "error"]);
      await world.goesOn(room, "killed-streaming");
      await world.leave(room);
    },
  },
  {
    name: "kill -9 of the agent in a tool",
    async run(world) {
      const room = await world.room({ may: "all" });
      await room.session.send(world.prompt([["tool", "tail -f /dev/null"]], "killed-tool"));
      const tails = await world.toolRuns(room);
      const { pid, ppid } = await world.agentOf(room);
      kill(pid, "SIGKILL");
      const done = await room.session.turnEnded();
      assert.equal(done.row.state, "error");
      assert.match(done.error_message, /killed by signal 9/);
      await gone(pid, ppid, ...tails.map((each) => each.pid));
      await world.nothingRuns(room);
      world.saw(room, ["working", "error"]);
      await world.goesOn(room, "killed-tool");
      await world.leave(room);
    },
  },
  {
    name: "kill -9 of the agent while it asks",
    async run(world) {
      const room = await world.room();
      await room.session.send(world.prompt([["tool", "touch never.txt"]], "killed-asking"));
      await room.session.asked();
      const { pid } = await world.agentOf(room);
      kill(pid, "SIGKILL");
      const done = await room.session.turnEnded();
      assert.equal(done.row.state, "error");
      assert.equal(room.session.row.waiting_for, null);
      assert.deepEqual(room.session.permissions, []);
      await world.nothingRuns(room);
      world.saw(room, ["working", "permission", "error"]);
      await world.goesOn(room, "killed-asking");
      await world.leave(room);
    },
  },
  {
    name: "kill -9 of the server",
    own: {},
    async run(world) {
      const room = await world.room();
      const steps = [
        ["say", "one "],
        ["wait", "server-1"],
        ["say", "two "],
        ["wait", "server-2"],
        ["say", "three"],
      ];
      await room.session.send(world.prompt(steps, "server-killed"));
      await room.session.shows("one ");
      const { pid } = await world.agentOf(room);
      await world.muster.kill9();
      world.release("server-1");
      await world.muster.start();
      const reply = await room.session.rejoined(2);
      assert.equal(reply.session.state, "working", "its agent lives");
      await room.session.shows("one two ");
      world.release("server-2");
      await room.session.becomes("idle");
      assert.equal(room.session.text(), "one two three");
      assert.equal(world.timesRun("server-killed"), 1, "the agent was asked once");
      if (world.agent.program) assert.ok(isAlive(pid), "the process was kept");
      await world.goesOn(room, "server-killed");
      await world.leave(room);
    },
  },
  {
    name: "kill -9 of the server while the agent asks",
    own: {},
    async run(world) {
      const room = await world.room();
      const steps = [
        ["tool", "echo x >> count.txt"],
        ["say", "went on"],
      ];
      await room.session.send(world.prompt(steps, "server-asked"));
      const [asked] = await room.session.asked();
      await world.muster.restart({ signal: "SIGKILL" });
      const reply = await room.session.rejoined(2);
      assert.equal(reply.session.waiting_for, "permission", "it still asks");
      assert.deepEqual(reply.permissions, [asked]);
      assert.equal((await room.session.answer(asked.id, "allow")).status, "ok");
      await room.session.becomes("idle");
      assert.equal(room.session.text().trim(), "went on");
      assert.equal(room.session.permissions.length, 0);
      await world.leave(room);
    },
  },
  {
    name: "kill -9 of the holder",
    own: {},
    async run(world) {
      const room = await world.room();
      const steps = [
        ["say", "begun"],
        ["wait", "never-held"],
      ];
      await room.session.send(world.prompt(steps, "holder-killed"));
      await room.session.shows("begun");
      const { pid, ppid } = await world.agentOf(room);
      kill(ppid, "SIGKILL");
      await room.session.turnEnded();
      assert.equal(room.session.state, "error");
      assert.match(room.session.row.error_message, /^The agent's process was lost: /);
      await gone(pid);
      await world.nothingRuns(room);
      world.saw(room, ["working", "error"]);
      await world.goesOn(room, "holder-killed");
      await world.leave(room);
    },
  },
];

/** Turns that a person cancels. */
import assert from "node:assert/strict";
import { poll } from "../../lib/wait.mjs";
import { isAlive } from "../../lib/processes.mjs";
import { decisions } from "./permissions.mjs";
import { exists } from "./turns.mjs";

async function cancelled(room) {
  await room.session.cancel();
  const done = await room.session.turnEnded();
  assert.equal(done.cancelled, true);
  assert.equal(done.error_message, null);
  assert.equal(done.row.state, "idle");
  assert.equal(room.projects.sessions.get(room.sessionId).state, "idle");
}

export const cancels = [
  {
    name: "cancel while streaming",
    async run(world) {
      const room = await world.room();
      const steps = [
        ["say", "partial"],
        ["wait", "never-streaming"],
        ["say", "never"],
      ];
      await room.session.send(world.prompt(steps, "cancel-streaming"));
      await room.session.shows("partial");
      await cancelled(room);
      assert.equal(room.session.text(), "partial", "what had been shown stays");
      world.saw(room, ["working", "idle"]);
      await world.goesOn(room, "cancel-streaming");
      await world.leave(room);
    },
  },
  {
    name: "cancel in a tool",
    async run(world) {
      const room = await world.room({ may: "all" });
      const steps = [
        ["tool", "tail -f /dev/null"],
        ["say", "never"],
      ];
      await room.session.send(world.prompt(steps, "cancel-tool"));
      const tails = await world.toolRuns(room);
      await cancelled(room);
      await poll(() => !tails.some(({ pid }) => isAlive(pid)), "the tool's command to end");
      assert.equal(room.session.text().includes("never"), false);
      world.saw(room, ["working", "idle"]);
      await world.goesOn(room, "cancel-tool");
      await world.leave(room);
    },
  },
  {
    name: "cancel while asked",
    async run(world) {
      const room = await world.room();
      const steps = [
        ["tool", "touch never.txt"],
        ["say", "never"],
      ];
      await room.session.send(world.prompt(steps, "cancel-asked"));
      const [asked] = await room.session.asked();
      await cancelled(room);
      assert.deepEqual(room.session.permissions, []);
      assert.equal(room.session.row.waiting_for, null);
      assert.deepEqual(decisions(room), [null], "it was closed without a decision");
      assert.ok(!exists(room, "never.txt"));
      assert.equal((await room.session.answer(asked.id, "allow")).status, "error");
      await world.goesOn(room, "cancel-asked");
      assert.ok(!exists(room, "never.txt"));
      await world.leave(room);
    },
  },
];

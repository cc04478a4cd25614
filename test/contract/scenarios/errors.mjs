/**
 * Turns that end in an error, by each cause. An agent's file says how a cause is made and what a
 * person reads of it: errors: {CAUSE: {steps, options, missing, says, plain}}. missing: a model that is
 * not there; plain: the reason is another program's own words, without advice.
 */
import assert from "node:assert/strict";

/** Some agents try again for a minute. */
const TURN_MS = 130_000;

/** A turn that fails, and one after it that does not. */
async function fails(world, cause, { before = () => {}, after = () => {} } = {}) {
  const { steps, options, missing, ...told } = world.agent.errors[cause];
  const mark = `error-${cause.replace(/\W+/g, "-")}`;
  const room = await world.room(options ? { options } : {});
  if (missing) world.model.missing.add(missing);
  await before();
  const done = await room.session.turn(world.prompt(steps ?? [["say", "never"]], mark), TURN_MS);
  assert.equal(done.error_message, room.session.row.error_message);
  assert.equal(done.cancelled, false);
  world.assertReason(room, told);
  world.saw(room, ["working", "error"]);
  await after();
  return { room, mark };
}

function failsAndGoesOn(name, cause) {
  return {
    name,
    async run(world) {
      const { room, mark } = await fails(world, cause);
      await world.goesOn(room, mark);
      world.saw(room, ["working", "error", "working", "idle"]);
      await world.leave(room);
    },
  };
}

export const errors = [
  failsAndGoesOn("error: the key is refused (401)", "401"),
  failsAndGoesOn("error: too many requests (429)", "429"),
  failsAndGoesOn("error: the model is overloaded", "overloaded"),
  failsAndGoesOn("error: cut in mid-stream", "cut"),
  failsAndGoesOn("error: the command fails", "command"),
  {
    name: "error: no such model",
    async run(world) {
      const { room } = await fails(world, "model");
      await world.leave(room);
    },
  },
  {
    name: "error: no key",
    own: { key: false },
    async run(world) {
      const { room } = await fails(world, "key");
      await world.leave(room);
    },
  },
  {
    name: "error: no network",
    own: {},
    async run(world) {
      const { model } = world;
      const { room, mark } = await fails(world, "network", {
        before: () => model.close(),
        after: () => model.listen(),
      });
      await world.goesOn(room, mark);
      await world.leave(room);
    },
  },
  {
    name: "an error that a retry survives",
    async run(world) {
      const { steps } = world.agent.errors.survived;
      const room = await world.room();
      const done = await room.session.turn(world.prompt([...steps, ["say", "survived"]], "survived"), TURN_MS);
      assert.equal(done.row.state, "idle", done.error_message);
      assert.equal(room.session.text(), "survived");
      world.saw(room, ["working", "idle"]);
      assert.ok(room.session.errors.every(({ fatal }) => !fatal));
      await world.leave(room);
    },
  },
];

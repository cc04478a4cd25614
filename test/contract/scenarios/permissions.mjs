/** What an agent asks a person for. */
import assert from "node:assert/strict";
import { exists, toolsOf } from "./turns.mjs";

export const permissions = [
  {
    name: "permission: allow",
    async run(world) {
      const room = await world.room();
      const steps = [
        ["tool", "touch allowed.txt"],
        ["say", "went on"],
      ];
      await room.session.send(world.prompt(steps, "perm-allow"));
      const [asked] = await room.session.asked();
      assert.equal(asked.kind, "permission");
      assert.match(asked.title, /touch allowed\.txt/, "a person sees what is asked for");
      assert.match(JSON.stringify(asked.input), /touch allowed\.txt/);
      assert.equal(room.session.state, "working");
      assert.equal(room.projects.sessions.get(room.sessionId).waiting_for, "permission");
      assert.ok(!exists(room, "allowed.txt"), "nothing runs before the answer");
      await room.verify();
      assert.equal((await room.session.answer(asked.id, "allow")).status, "ok");
      await room.session.turnEnded();
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.ok(exists(room, "allowed.txt"));
      assert.deepEqual(decisions(room), ["allow"]);
      assert.equal(toolsOf(room).at(-1).metadata.status, "done");
      assert.equal(room.session.text().trim(), "went on");
      const again = await room.session.answer(asked.id, "deny");
      assert.equal(again.status, "error", "what is answered stays answered");
      world.saw(room, ["working", "permission", "working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "permission: deny",
    /* expects.denyEnds: the agent ends its turn when something is denied. */
    async run(world) {
      const room = await world.room();
      const steps = [
        ["tool", "touch denied.txt"],
        ["say", "went on"],
      ];
      await room.session.send(world.prompt(steps, "perm-deny"));
      const [asked] = await room.session.asked();
      assert.equal((await room.session.answer(asked.id, "deny")).status, "ok");
      await room.session.turnEnded();
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.ok(!exists(room, "denied.txt"));
      assert.deepEqual(decisions(room), ["deny"]);
      assert.notEqual(toolsOf(room).at(-1).metadata.status, "done");
      if (!world.agent.expects?.denyEnds) assert.equal(room.session.text().trim(), "went on");
      world.saw(room, ["working", "permission", "working", "idle"]);
      await world.goesOn(room, "perm-deny");
      await world.leave(room);
    },
  },
  {
    name: "permission: several calls in one message",
    async run(world) {
      const room = await world.room();
      const steps = [
        ["tools", "touch yes.txt|touch no.txt"],
        ["say", "both"],
      ];
      await room.session.send(world.prompt(steps, "perm-several"));
      for (let answered = 0; answered < 2; answered += 1) {
        await room.session.until(() => room.session.permissions.length > 0, "an open request");
        const open = room.session.permissions;
        const asked = open.find(({ title }) => /yes\.txt/.test(title)) ?? open[0];
        const decision = /yes\.txt/.test(asked.title) ? "allow" : "deny";
        assert.equal((await room.session.answer(asked.id, decision)).status, "ok");
        await room.session.until(() => decisions(room).length === answered + 1, "the request to be closed");
      }
      await room.session.turnEnded();
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.equal(room.session.permissions.length, 0);
      assert.ok(exists(room, "yes.txt"), "what was allowed was done");
      assert.ok(!exists(room, "no.txt"), "what was denied was not");
      assert.deepEqual(decisions(room).sort(), ["allow", "deny"]);
      assert.equal(toolsOf(room).length, 2);
      await world.goesOn(room, "perm-several");
      await world.leave(room);
    },
  },
  {
    name: "permission: two requests open at once",
    /* expects.asksTwice(folder): the step by which the agent asks twice at once. Default: two commands. */
    async run(world) {
      const room = await world.room();
      const step = world.agent.expects?.asksTwice?.(world.muster.dir) ?? ["tools", "touch one|touch two"];
      await room.session.send(world.prompt([step, ["say", "both"]], "perm-twice"));
      const open = [...(await room.session.asked(2))];
      assert.notEqual(open[0].id, open[1].id);
      assert.equal(room.projects.sessions.get(room.sessionId).waiting_for, "permission");
      await room.verify();
      assert.equal((await room.session.answer(open[1].id, "allow")).status, "ok");
      await room.session.until(() => room.session.permissions.length === 1, "one request to be closed");
      assert.equal(room.session.permissions[0].id, open[0].id, "the other is open still");
      assert.equal(room.session.row.waiting_for, "permission");
      assert.equal((await room.session.answer(open[0].id, "deny")).status, "ok");
      await room.session.turnEnded();
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.deepEqual(decisions(room), ["allow", "deny"]);
      world.saw(room, ["working", "permission", "working", "idle"]);
      await world.goesOn(room, "perm-twice");
      await world.leave(room);
    },
  },
  {
    name: "question",
    async run(world) {
      const room = await world.room();
      const steps = [
        ["question", "Which colour?|Red|Blue"],
        ["say", "thanks"],
      ];
      await room.session.send(world.prompt(steps, "question"));
      const [asked] = await room.session.asked();
      assert.equal(asked.kind, "question");
      assert.match(asked.title, /Which colour\?/);
      assert.equal(room.projects.sessions.get(room.sessionId).waiting_for, "question");
      const answers = { "Which colour?": "Blue" };
      const { status, response } = await room.session.answer(asked.id, "allow", { answers });
      assert.equal(status, "ok", JSON.stringify(response));
      await room.session.turnEnded();
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.equal(room.session.text().trim(), "thanks");
      const told = world.requests("question").at(-1);
      assert.match(JSON.stringify(told.body), /Which colour[^]*Blue/, "the model is told the answer");
      world.saw(room, ["working", "question", "working", "idle"]);
      await world.leave(room);
    },
  },
];

export const decisions = ({ session }) => session.resolved.map(({ decision }) => decision);

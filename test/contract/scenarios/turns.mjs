/** Turns that go well. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync, crc32 } from "node:zlib";
import { bulk } from "../../lib/model-server.mjs";
import { storedMessages } from "../../lib/views.mjs";
import { wrapAgent } from "../wrapper.mjs";

const BULK_BYTES = 2_097_152;

export const turns = [
  {
    name: "answer",
    async run(world) {
      const room = await world.room();
      const prompt = world.prompt([["say", "Hello there"]], "answer");
      const done = await room.session.turn(prompt);
      assert.equal(done.error_message, null);
      assert.equal(done.cancelled, false);
      assert.equal(done.row.state, "idle");
      assert.deepEqual(spoken(room), [
        ["user", prompt],
        ["text", "Hello there"],
      ]);
      assert.equal(world.timesRun("answer"), 1);
      if (world.agent.program) assert.ok(room.session.row.cli_session_id, "the agent's own session is known");
      world.saw(room, ["working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "streaming",
    async run(world) {
      const room = await world.room();
      const steps = [
        ["say", "first half, "],
        ["wait", "middle"],
        ["say", "second half"],
      ];
      await room.session.send(world.prompt(steps, "streaming"));
      await room.session.shows("first half, ");
      assert.equal(room.session.text(), "first half, ", "what is held back is not shown");
      assert.equal(room.session.state, "working");
      assert.equal(room.projects.sessions.get(room.sessionId).state, "working");
      world.release("middle");
      await room.session.turnEnded();
      assert.equal(room.session.text(), "first half, second half");
      assert.ok(room.session.transcript.every(({ streaming }) => !streaming));
      world.saw(room, ["working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "thinking",
    async run(world) {
      const room = await world.room();
      const steps = [
        ["think", "let me see"],
        ["say", "I see"],
      ];
      await room.session.turn(world.prompt(steps, "thinking"));
      assert.match(room.session.text("thinking"), /let me see/);
      assert.equal(room.session.text(), "I see");
      world.saw(room, ["working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "conversation",
    async run(world) {
      const room = await world.room();
      await room.session.turn(world.prompt([["say", "one"]], "talk-first"));
      const { pid } = await world.agentOf(room);
      await room.session.turn(world.prompt([["say", "two"]], "talk-second"));
      assert.equal((await world.agentOf(room)).pid, pid, "one process serves the session");
      assert.equal(room.session.text(), "onetwo");
      const [second] = world.requests("talk-second");
      assert.ok(JSON.stringify(second.body).includes("talk-first"), "the model is told what was said");
      world.saw(room, ["working", "idle", "working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "usage",
    async run(world) {
      const room = await world.room();
      const done = await room.session.turn(world.prompt([["say", "counted"]], "usage"));
      const { usage } = room.session.row.metadata;
      assert.equal(usage.input_tokens, 100, JSON.stringify(usage));
      assert.equal(usage.output_tokens, 10, JSON.stringify(usage));
      assert.equal(done.row.metadata?.usage?.input_tokens, 100, "it is there by the end of the turn");
      await world.leave(room);
    },
  },
  {
    name: "tool use",
    /* expects.hidesOutput: the agent does not tell what a tool's command printed. */
    async run(world) {
      const room = await world.room({ may: "all" });
      const steps = [
        ["tool", "echo it ran > made.txt; echo it was run"],
        ["say", "finished"],
      ];
      await room.session.turn(world.prompt(steps, "tool-use"));
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.equal(readFileSync(join(room.folder, "made.txt"), "utf8"), "it ran\n");
      const [tool, ...others] = toolsOf(room);
      assert.equal(others.length, 0, "a call is one record");
      assert.equal(tool.metadata.status, "done");
      assert.match(tool.text, /made\.txt/);
      if (!world.agent.expects?.hidesOutput) assert.match(tool.metadata.output, /it was run/);
      assert.equal(room.session.text().trim(), "finished");
      world.saw(room, ["working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "a tool that fails",
    async run(world) {
      const room = await world.room({ may: "all" });
      const steps = [
        ["tool", "echo it broke; exit 3"],
        ["say", "noted"],
      ];
      await room.session.turn(world.prompt(steps, "tool-fails"));
      assert.equal(room.session.state, "idle", "a tool's failure is none of the turn");
      const [tool] = toolsOf(room);
      assert.ok(["failed", "done"].includes(tool.metadata.status), tool.metadata.status);
      if (!world.agent.expects?.hidesOutput) assert.match(tool.metadata.output, /it broke/);
      assert.equal(room.session.text().trim(), "noted");
      world.saw(room, ["working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "a file is written",
    async run(world) {
      const room = await world.room({ may: "all" });
      const path = join(room.folder, "written.txt");
      const steps = [
        ["write", `${path}|by a tool of its own`],
        ["say", "written"],
      ];
      await room.session.turn(world.prompt(steps, "file-written"));
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.equal(readFileSync(path, "utf8").trimEnd(), "by a tool of its own");
      assert.match(JSON.stringify(toolsOf(room)[0]), /written\.txt/);
      assert.equal(room.session.text().trim(), "written");
      await world.leave(room);
    },
  },
  {
    name: "a file is edited",
    async run(world) {
      const room = await world.room({ may: "all" });
      const path = join(room.folder, "edited.txt");
      writeFileSync(path, "first line\nsecond line\n");
      const steps = [
        ["read", path],
        ["edit", `${path}|second line|another line`],
        ["say", "edited"],
      ];
      await room.session.turn(world.prompt(steps, "file-edited"));
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.equal(readFileSync(path, "utf8"), "first line\nanother line\n");
      assert.equal(room.session.text().trim(), "edited");
      await world.leave(room);
    },
  },
  {
    name: "plan",
    /* expects.planAsks: the plan is put before a person. planOptions: the options of such a session. */
    async run(world) {
      const { planAsks, planOptions } = world.agent.expects ?? {};
      const room = await world.room({ may: planAsks ? "ask" : "all", options: planOptions });
      const steps = [
        ["plan", "Look around first|Then act"],
        ["say", "planned"],
      ];
      await room.session.send(world.prompt(steps, "plan"));
      if (planAsks) {
        const [asked] = await room.session.asked();
        assert.match(JSON.stringify(asked), /Look around first/, "a person sees the plan");
        await room.session.answer(asked.id, "allow");
      }
      await room.session.turnEnded();
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      const others = room.session.transcript.filter(({ kind }) => kind !== "user");
      assert.match(JSON.stringify(others), /Look around first/, "the transcript has the plan");
      assert.equal(room.session.text().trim(), "planned");
      world.saw(room, planAsks ? ["working", "permission", "working", "idle"] : ["working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "sub-agent",
    async run(world) {
      const room = await world.room({ may: "all" });
      const steps = [
        ["task", "look around ((tool:touch by-the-sub-agent))((say:found it))"],
        ["say", "all done"],
      ];
      await room.session.turn(world.prompt(steps, "sub-agent"));
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.ok(exists(room, "by-the-sub-agent"), "the sub-agent has worked");
      assert.ok(toolsOf(room).length >= 1);
      assert.equal(room.session.text().trim(), "all done", "the answer is the agent's own");
      world.saw(room, ["working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "two sessions at once",
    async run(world) {
      const [one, two] = await Promise.all([world.room(), world.room()]);
      const speak = (name) => [
        ["say", `from ${name}`],
        ["wait", `hold-${name}`],
      ];
      await one.session.send(world.prompt(speak("one"), "at-once-1"));
      if (world.agent.startsAlone) await one.session.shows("from one");
      await two.session.send(world.prompt(speak("two"), "at-once-2"));
      await Promise.all([one.session.shows("from one"), two.session.shows("from two")]);
      world.release("hold-one");
      await one.session.turnEnded();
      assert.equal(one.session.state, "idle");
      assert.equal(two.session.state, "working", "the other is as it was");
      assert.equal(one.projects.sessions.get(two.sessionId).state, "working");
      world.release("hold-two");
      await two.session.turnEnded();
      assert.equal(one.session.text(), "from one");
      assert.equal(two.session.text(), "from two");
      for (const room of [one, two]) world.saw(room, ["working", "idle"]);
      await world.leave(one, two);
    },
  },
  {
    name: "prompt while busy",
    async run(world) {
      const room = await world.room();
      const steps = [
        ["say", "head"],
        ["wait", "busy"],
      ];
      await room.session.send(world.prompt(steps, "busy-head"));
      await room.session.shows("head");
      const { queued } = await room.session.send(world.prompt([["say", "tail"]], "busy-tail"));
      assert.equal(queued, true);
      await room.session.until(() => room.session.row.queue_length === 1, "a prompt in the queue");
      assert.equal(world.timesRun("busy-tail"), 0, "it waits in muster, not in the agent");
      world.release("busy");
      await room.session.turnEnded();
      await room.session.turnEnded();
      assert.equal(room.session.state, "idle");
      assert.equal(world.timesRun("busy-tail"), 1);
      assert.deepEqual(
        spoken(room).map(([kind, text]) => (kind === "text" ? text : kind)),
        ["user", "head", "user", "tail"],
        "a turn of its own",
      );
      assert.equal(room.session.completions.length, 2);
      await world.leave(room);
    },
  },
  {
    name: "2 MB answer",
    async run(world) {
      const room = await world.room();
      await room.session.turn(world.prompt([["bulk", BULK_BYTES]], "bulk"), 60_000);
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      const stored = await storedMessages(world.muster, room.sessionId);
      const text = stored.filter(({ kind }) => kind === "text").map((message) => message.text);
      assert.ok(text.join("") === bulk(BULK_BYTES), `the transcript has ${text.join("").length} characters`);
      world.saw(room, ["working", "idle"]);
      await world.leave(room);
    },
  },
  {
    name: "unicode",
    async run(world) {
      const room = await world.room();
      const text = "äß€ 你好 🙂👩‍💻 \u202eright\u202c ﷽ e\u0301 \u0000".replace("\u0000", "end");
      const prompt = world.prompt([["say", text]], "unicode-ü");
      await room.session.turn(prompt);
      assert.equal(room.session.text(), text);
      assert.equal(room.session.text("user"), prompt);
      if (world.agent.program) assert.equal(world.requests("unicode-ü").length, 1, "the prompt came whole");
      await world.leave(room);
    },
  },
  {
    name: "unknown message types",
    own: (agent, t) => wrapAgent(t, agent),
    async run(world, { answers }) {
      const room = await world.room({ may: "all" });
      const steps = [
        ["say", "before"],
        ["tool", "echo between"],
        ["say", "after"],
      ];
      const done = await room.session.turn(world.prompt(steps, "unknown-types"));
      assert.equal(room.session.state, "idle", done.error_message);
      assert.match(room.session.text(), /^before\s*after$/);
      assert.equal(toolsOf(room).length, 1);
      world.saw(room, ["working", "idle"]);
      const last = answers().at(-1);
      assert.ok(last, "a request that nobody knows is answered, not left open");
      assert.match(last, /error/, "with an error");
      assert.doesNotMatch(last, /internal/i);
      await world.goesOn(room, "unknown-types");
      await world.leave(room);
    },
  },
  {
    name: "image in a prompt",
    async run(world) {
      const room = await world.room();
      const bytes = png();
      const { token, url } = world.muster;
      const headers = { authorization: `Bearer ${token}`, "content-type": "image/png" };
      const answer = await fetch(`${url}/api/images`, { method: "POST", headers, body: bytes });
      assert.equal(answer.status, 201, await answer.clone().text());
      const image = await answer.json();
      assert.equal(image.type, "image/png");
      assert.equal(image.bytes, bytes.length);
      await room.session.send(world.prompt([["say", "a red dot"]], "picture"), undefined, { images: [image.id] });
      await room.session.turnEnded();
      assert.equal(room.session.state, "idle", room.session.row.error_message);
      assert.equal(room.session.text(), "a red dot");
      const [{ images }] = world.requests("picture");
      assert.equal(images.length, 1, "the model was given the picture");
      assert.match(images[0].type, /^image\//);
      if (images[0].type === "image/png" && !world.agent.expects?.imagesRemade) {
        assert.ok(images[0].bytes.equals(bytes), "as it was");
      }
      await world.leave(room);
    },
  },
];

export const toolsOf = ({ session }) => session.transcript.filter(({ kind }) => kind === "tool");

/** The transcript without thoughts, and without notices about the agent itself. */
export const spoken = ({ session }) => session.said.filter(([kind]) => kind === "user" || kind === "text");

export const exists = (room, name) => existsSync(join(room.folder, name));

/** A picture of 16 by 16 red dots. */
function png() {
  const size = 16;
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(size * 3, Buffer.from([255, 0, 0]))]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(8 + body.length);
    out.writeUInt32BE(data.length, 0);
    out.set(body, 4);
    out.writeUInt32BE(crc32(body), 4 + body.length);
    return out;
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.concat(Array.from({ length: size }, () => row)));
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

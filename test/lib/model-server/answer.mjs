/** What the APIs share: JSON answers, server-sent events, ids. */
import { randomBytes } from "node:crypto";

export function sendJson(res, status, value) {
  const text = JSON.stringify(value);
  res.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "request-id": id("req"),
  });
  res.end(text);
}

/** A body of server-sent events: `send(data)` or `send(data, event)`. */
export class EventStream {
  constructor(res) {
    this.res = res;
    res.writeHead(200, { "content-type": "text/event-stream", "request-id": id("req") });
  }

  send(data, event) {
    if (this.res.destroyed) return;
    const text = typeof data === "string" ? data : JSON.stringify(data);
    this.res.write(`${event ? `event: ${event}\n` : ""}data: ${text}\n\n`);
  }

  end() {
    this.res.end();
  }
}

export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function id(prefix) {
  return `${prefix}_${randomBytes(12).toString("hex")}`;
}

/** The names of the tools that a request offers. */
export const offered = (tools) => new Set((tools ?? []).map((tool) => tool.function?.name ?? tool.name));

/** The first of the names that is offered, else the first. */
export const pick = (names, have) => names.find((name) => have.has(name)) ?? names[0];

import { Socket } from 'phoenix';

type Frame = [string | null, string | null, string, string, Record<string, unknown>];
type Answer = (topic: string, event: string, payload: Record<string, unknown>) => unknown;

/** A server in the page, spoken to through the real phoenix client. */
export class FakeServer {
  readonly received: { topic: string; event: string; payload: Record<string, unknown> }[] = [];
  private readonly open = new Set<FakeWebSocket>();
  down = false;
  /** Leaves calls without an answer. */
  mute = false;

  constructor(private readonly answer: Answer) {}

  readonly makeSocket = (): Socket => {
    const transport = FakeWebSocket.bind(null, this) as unknown as new (url: string) => object;
    const soon = () => 5;
    const times = { reconnectAfterMs: soon, rejoinAfterMs: soon, timeout: 200 };
    return new Socket('/socket', { transport, ...times });
  };

  push(topic: string, event: string, payload: object): void {
    for (const socket of this.open) socket.deliver([null, null, topic, event, payload as Frame[4]]);
  }

  cut(): void {
    for (const socket of [...this.open]) socket.fail();
  }

  count(event: string, topic?: string): number {
    return this.received.filter((one) => one.event === event && (!topic || one.topic === topic))
      .length;
  }

  attach(socket: FakeWebSocket): void {
    this.open.add(socket);
  }

  detach(socket: FakeWebSocket): void {
    this.open.delete(socket);
  }

  hear(socket: FakeWebSocket, [joinRef, ref, topic, event, payload]: Frame): void {
    this.received.push({ topic, event, payload });
    if (this.mute) return;
    let reply: unknown = { status: 'ok', response: {} };
    try {
      const response =
        event.startsWith('phx_leave') || topic === 'phoenix'
          ? {}
          : this.answer(topic, event, payload);
      reply = { status: 'ok', response };
    } catch (error) {
      reply = { status: 'error', response: error };
    }
    queueMicrotask(() => socket.deliver([joinRef, ref, topic, 'phx_reply', reply as Frame[4]]));
  }
}

class FakeWebSocket {
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onerror: ((error: unknown) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: object) => void) | null = null;

  constructor(private readonly server: FakeServer) {
    queueMicrotask(() => {
      if (server.down) return this.fail();
      this.readyState = 1;
      server.attach(this);
      this.onopen?.();
    });
  }

  send(text: string): void {
    const frame = JSON.parse(text) as Frame;
    queueMicrotask(() => this.server.hear(this, frame));
  }

  close(): void {
    this.end({ code: 1000, wasClean: true });
  }

  fail(): void {
    this.end({ code: 1006, wasClean: false });
  }

  deliver(frame: Frame): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  private end(event: object): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.server.detach(this);
    queueMicrotask(() => this.onclose?.(event));
  }
}

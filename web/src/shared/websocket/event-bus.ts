import type { Socket } from 'phoenix';
import { watchLiveness } from './liveness';
import { CallError } from './phoenix';
import { ConnectionStatus } from './status';
import { type BusEvent, Topic, type TopicOwner } from './topic';

type Handler = (event: BusEvent) => void;

/** One socket, a topic for each channel that somebody joined, and its events for whoever listens. */
export class EventBus {
  readonly status = new ConnectionStatus();
  private socket: Socket | undefined;
  private stopWatching: (() => void) | undefined;
  private readonly topics = new Map<string, Topic>();
  private readonly leaving = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly handlers = new Map<string, Set<Handler>>();

  constructor(private readonly makeSocket: () => Socket) {}

  /** Hears every event of the channel, typed by the protocol: `on<SessionEvent>(…)`. */
  on<E extends BusEvent>(channel: string, handler: (event: E) => void): () => void {
    const all = this.handlers.get(channel) ?? new Set<Handler>();
    this.handlers.set(channel, all.add(handler as Handler));
    return () => all.delete(handler as Handler);
  }

  connect(): void {
    this.open().connect();
  }

  /** Closes the socket, and opens none until the next connect(). */
  disconnect(): void {
    this.stopWatching?.();
    this.stopWatching = undefined;
    this.socket?.disconnect();
  }

  /** A connection that does not answer is replaced, without waiting for its heartbeat. */
  reconnect(): void {
    const socket = this.open();
    socket.disconnect(() => socket.connect());
  }

  /**
   * Joins the channel for its owner until the function it returns is called. Leaving waits a moment:
   * an owner that comes back at once (React mounts twice in development) finds the topic joined.
   */
  join(channel: string, owner: TopicOwner): () => void {
    clearTimeout(this.leaving.get(channel));
    this.leaving.delete(channel);
    const topic = this.topics.get(channel);
    if (topic) topic.owner = owner;
    else this.topics.set(channel, new Topic(this.open(), channel, owner, this.emitter(channel)));
    return () => {
      if (this.topics.get(channel)?.owner !== owner) return;
      this.leaving.set(
        channel,
        setTimeout(() => this.leave(channel), 0),
      );
    };
  }

  isJoined(channel: string): boolean {
    return this.topics.get(channel)?.isJoined ?? false;
  }

  /** Somebody wants it joined, whether it is now or not. */
  isWatched(channel: string): boolean {
    return this.topics.has(channel) && !this.leaving.has(channel);
  }

  lastHeard(channel: string): number {
    return this.topics.get(channel)?.lastHeard ?? Date.now();
  }

  /** A call that is answered. Nothing is sent later: without a connection it is refused at once. */
  call(channel: string, event: string, payload: object): Promise<unknown> {
    const topic = this.topics.get(channel);
    if (topic) return topic.call(event, payload);
    return Promise.reject(new CallError('DISCONNECTED', `"${channel}" is not joined.`));
  }

  private leave(channel: string): void {
    this.leaving.delete(channel);
    this.topics.get(channel)?.leave();
    this.topics.delete(channel);
    this.status.forget(channel);
  }

  private emitter(channel: string): Handler {
    return (event) => {
      for (const handler of [...(this.handlers.get(channel) ?? [])]) handler(event);
    };
  }

  private open(): Socket {
    this.stopWatching ??= watchLiveness((silentMs) => this.checkSilence(silentMs));
    if (this.socket) return this.socket;
    this.socket = this.makeSocket();
    this.socket.onOpen(() => this.status.opened());
    this.socket.onClose(() => this.status.failed());
    return this.socket;
  }

  private checkSilence(silentMs: number): void {
    for (const topic of this.topics.values()) {
      if (topic.isJoined && Date.now() - topic.lastHeard > silentMs) topic.owner.onSilent?.();
    }
  }
}

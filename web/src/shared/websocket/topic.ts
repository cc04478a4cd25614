import type { Channel, Socket } from 'phoenix';
import { CallError, pushCall, refusal } from './phoenix';

export interface BusEvent {
  type: string;
  data: unknown;
}

/** What the owner of a topic gives and wants to hear. */
export interface TopicOwner {
  /** Read anew at every join and rejoin: this is where `since` comes from. */
  joinParams: () => object;
  onJoined: (reply: unknown) => void;
  /** Joined no longer: the connection is gone, or the channel crashed. It rejoins by itself. */
  onLost?: () => void;
  onRefused?: (error: CallError) => void;
  /** The server closed the topic for good: what it spoke of was deleted. */
  onClosed?: () => void;
  /** Joined, and nothing was heard for longer than can be. */
  onSilent?: () => void;
}

/** One joined topic: the thin layer over one phoenix channel. */
export class Topic {
  lastHeard = Date.now();
  private joined = false;
  private left = false;
  private readonly channel: Channel;

  constructor(
    socket: Socket,
    readonly name: string,
    public owner: TopicOwner,
    private readonly emit: (event: BusEvent) => void,
  ) {
    this.channel = socket.channel(name, () => this.owner.joinParams());
    this.channel.onMessage = (event: string, payload: unknown) => this.hear(event, payload);
    this.channel.onError(() => this.lose());
    this.channel.onClose(() => {
      this.joined = false;
      if (!this.left) this.owner.onClosed?.();
    });
    this.channel
      .join()
      .receive('ok', (reply: unknown) => {
        this.joined = true;
        this.lastHeard = Date.now();
        this.owner.onJoined(reply);
      })
      .receive('error', (response: unknown) => this.owner.onRefused?.(refusal(response)));
  }

  get isJoined(): boolean {
    return this.joined;
  }

  call(event: string, payload: object): Promise<unknown> {
    if (this.joined) return pushCall(this.channel, event, payload);
    return Promise.reject(new CallError('DISCONNECTED', 'There is no connection to the server.'));
  }

  leave(): void {
    this.left = true;
    this.joined = false;
    this.channel.leave();
  }

  private hear(event: string, payload: unknown): unknown {
    if (event === 'phx_error' || event === 'phx_close') return payload;
    this.lastHeard = Date.now();
    const own = event.startsWith('phx_') || event.startsWith('chan_reply_');
    if (!own && !this.left) this.emit({ type: event, data: payload });
    return payload;
  }

  private lose(): void {
    if (!this.joined || this.left) return;
    this.joined = false;
    this.owner.onLost?.();
  }
}

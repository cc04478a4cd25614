import type { EventBus } from './event-bus';
import { CallError } from './phoenix';

/** A server that is there answers a `sync` well within this; else the connection is replaced. */
const ANSWER_MS = 6_000;

interface Options<Reply> {
  bus: EventBus;
  channel: string;
  ask: () => Promise<Reply>;
  onAnswer: (reply: Reply) => void;
}

/**
 * Asks for a `sync` whenever something was missed, one at a time, and says meanwhile that the topic's
 * view is unverified. Without a connection it does nothing: the join that follows does the same.
 */
export class SyncLoop<Reply> {
  /** The question that is open; a lost connection takes it along, and the rejoin answers it. */
  private open: { hurry: ReturnType<typeof setTimeout> } | null = null;

  constructor(private readonly options: Options<Reply>) {}

  request(): void {
    const { bus, channel } = this.options;
    this.unverified();
    if (!this.open && bus.isJoined(channel)) void this.run();
  }

  lost(): void {
    this.unverified();
    this.stop();
  }

  unverified(): void {
    const { bus, channel } = this.options;
    bus.status.lost(channel, bus.lastHeard(channel));
  }

  verified(): void {
    this.options.bus.status.verified(this.options.channel);
  }

  stop(): void {
    clearTimeout(this.open?.hurry);
    this.open = null;
  }

  private async run(): Promise<void> {
    const mine = { hurry: setTimeout(() => this.options.bus.reconnect(), ANSWER_MS) };
    this.open = mine;
    try {
      const reply = await this.options.ask();
      if (this.open !== mine) return;
      this.stop();
      this.options.onAnswer(reply);
    } catch (error) {
      // Refused: the next event shows the gap again. No answer: the rejoin brings what is missing.
      if (this.open === mine) this.stop();
      if (!(error instanceof CallError)) throw error;
    }
  }
}

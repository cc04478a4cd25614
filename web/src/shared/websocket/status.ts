import { HEARTBEAT_MS } from './phoenix';

/** What the page knows of its connection. */
export interface ConnectionState {
  phase: 'connecting' | 'open' | 'down';
  /** Since when (ms) what is shown is unverified; null: it is verified. */
  unverifiedSince: number | null;
  /** Attempts that failed since the socket was last open. */
  failures: number;
}

const initial: ConnectionState = { phase: 'connecting', unverifiedSince: null, failures: 0 };

/** A small store, read by React through useSyncExternalStore. */
export class ConnectionStatus {
  private state = initial;
  private readonly listeners = new Set<() => void>();
  private readonly unverified = new Set<string>();

  readonly get = (): ConnectionState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  opened(): void {
    this.set({ ...this.state, phase: 'open', failures: 0 });
  }

  failed(): void {
    this.set({ ...this.state, phase: 'down', failures: this.state.failures + 1 });
  }

  /**
   * A topic's view stopped being verified. A connection that was silent for longer than a heartbeat
   * was dead from then on; otherwise everything up to now has arrived.
   */
  lost(topic: string, lastHeard: number): void {
    this.unverified.add(topic);
    if (this.state.unverifiedSince !== null) return;
    const now = Date.now();
    this.set({ ...this.state, unverifiedSince: now - lastHeard > HEARTBEAT_MS ? lastHeard : now });
  }

  verified(topic: string): void {
    this.unverified.delete(topic);
    this.settle();
  }

  /** The topic is not watched any more. */
  forget(topic: string): void {
    this.unverified.delete(topic);
    this.settle();
  }

  private settle(): void {
    if (this.unverified.size > 0 || this.state.unverifiedSince === null) return;
    this.set({ ...this.state, unverifiedSince: null });
  }

  private set(next: ConnectionState): void {
    this.state = next;
    for (const listener of [...this.listeners]) listener();
  }
}

import type { Image } from './images';

/** A message that was sent and has not come back by a push yet. Local: the server has no such row. */
export interface Pending {
  id: string;
  sessionId: string;
  text: string;
  images: readonly Image[];
  createdAt: string;
  /** The server has it; what remains is to see it. */
  accepted: boolean;
}

/** What is on its way, by session. Framework-free; React reads it by useSyncExternalStore. */
export class Outbox {
  private items: readonly Pending[] = [];
  private readonly listeners = new Set<() => void>();

  readonly all = (): readonly Pending[] => this.items;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  add(sessionId: string, text: string, images: readonly Image[] = []): Pending {
    const createdAt = new Date().toISOString();
    const item = { id: crypto.randomUUID(), sessionId, text, images, createdAt, accepted: false };
    this.set([...this.items, item]);
    return item;
  }

  find(id: string): Pending | undefined {
    return this.items.find((item) => item.id === id);
  }

  accept(id: string): void {
    if (!this.find(id)) return;
    this.set(this.items.map((item) => (item.id === id ? { ...item, accepted: true } : item)));
  }

  remove(id: string): void {
    if (this.find(id)) this.set(this.items.filter((item) => item.id !== id));
  }

  /** Messages and queued prompts that the server told of: they are not pending any more. */
  seen(sessionId: string, rows: readonly { id: string }[]): void {
    if (!this.items.some((item) => item.sessionId === sessionId)) return;
    const ids = new Set(rows.map((row) => row.id));
    if (this.items.some((item) => ids.has(item.id))) {
      this.set(this.items.filter((item) => !ids.has(item.id)));
    }
  }

  private set(items: readonly Pending[]): void {
    this.items = items;
    for (const listener of [...this.listeners]) listener();
  }
}

export const outbox = new Outbox();

import { storage } from '@/lib/storage';

export interface Draft {
  text: string;
  /** Why the text is here again: it was refused. */
  problem: string | null;
}

const empty: Draft = { text: '', problem: null };

export const sessionDraft = (id: string) => `session:${id}`;
export const projectDraft = (id: string) => `project:${id}`;

/** What was typed and not sent, kept per session across reloads. */
class Drafts {
  private readonly known = new Map<string, Draft>();
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get(key: string): Draft {
    const known = this.known.get(key);
    if (known) return known;
    const text = storage.get(`draft:${key}`);
    const draft = text ? { text, problem: null } : empty;
    this.known.set(key, draft);
    return draft;
  }

  set(key: string, text: string): void {
    this.put(key, { text, problem: null });
  }

  /** Text that could not be sent comes back in front of what was typed since. */
  restore(key: string, text: string, problem: string): void {
    const since = this.get(key).text;
    this.put(key, { text: [text, since].filter((part) => part !== '').join('\n'), problem });
  }

  private put(key: string, draft: Draft): void {
    this.known.set(key, draft);
    storage.set(`draft:${key}`, draft.text === '' ? null : draft.text);
    for (const listener of [...this.listeners]) listener();
  }
}

export const drafts = new Drafts();

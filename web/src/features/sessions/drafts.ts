import { storage } from '@/lib/storage';
import { type Image, imagesOf } from './images';

export interface Draft {
  text: string;
  /** Those that the server has. */
  images: readonly Image[];
  /** Why the text is here again: it was refused. */
  problem: string | null;
}

const empty: Draft = { text: '', images: [], problem: null };

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
    const text = storage.get(`draft:${key}`) ?? '';
    const images = readImages(storage.get(`draft-images:${key}`));
    const draft = text || images.length > 0 ? { text, images, problem: null } : empty;
    this.known.set(key, draft);
    return draft;
  }

  /** The text alone: images stay. */
  set(key: string, text: string): void {
    this.put(key, { ...this.get(key), text, problem: null });
  }

  setImages(key: string, change: (images: readonly Image[]) => readonly Image[]): void {
    const draft = this.get(key);
    this.put(key, { ...draft, images: change(draft.images) });
  }

  clear(key: string): void {
    this.put(key, empty);
  }

  /** What could not be sent comes back in front of what was typed since. */
  restore(key: string, text: string, problem: string, images: readonly Image[] = []): void {
    const since = this.get(key);
    const ids = new Set(since.images.map(({ id }) => id));
    this.put(key, {
      text: [text, since.text].filter((part) => part !== '').join('\n'),
      images: [...images.filter(({ id }) => !ids.has(id)), ...since.images],
      problem,
    });
  }

  private put(key: string, draft: Draft): void {
    const { text, images } = draft;
    this.known.set(key, draft);
    storage.set(`draft:${key}`, text === '' ? null : text);
    storage.set(`draft-images:${key}`, images.length === 0 ? null : JSON.stringify(images));
    for (const listener of [...this.listeners]) listener();
  }
}

function readImages(text: string | null): Image[] {
  try {
    return imagesOf(JSON.parse(text ?? 'null'));
  } catch {
    return [];
  }
}

export const drafts = new Drafts();

import { storage } from '@/lib/storage';
import { type Image, imagesOf } from './images';

export interface Draft {
  text: string;
  /** Those that the server has. */
  images: readonly Image[];
  /** Why the text is here again: it was refused. */
  problem: string | null;
  /** It is too large for the browser's storage: a reload would lose it. */
  unkept: boolean;
}

const empty: Draft = { text: '', images: [], problem: null, unkept: false };

/** A longer text is stored when the typing rests: storing is not free. */
const LONG_CHARS = 20_000;
const REST_MS = 400;

const TEXT = 'draft:';
const IMAGES = 'draft-images:';

export const sessionDraft = (id: string) => `session:${id}`;
export const projectDraft = (id: string) => `project:${id}`;

/**
 * What was typed and not sent: one draft per session, kept across reloads, and the same in every tab:
 * what is typed in one appears in the others, so none writes over another's.
 */
class Drafts {
  private readonly known = new Map<string, Draft>();
  private readonly listeners = new Set<() => void>();
  private readonly due = new Map<string, ReturnType<typeof setTimeout>>();

  constructor() {
    if (typeof window === 'undefined') return;
    storage.onChange((key) => {
      if (key.startsWith(TEXT)) this.reload(key.slice(TEXT.length));
      if (key.startsWith(IMAGES)) this.reload(key.slice(IMAGES.length));
    });
    window.addEventListener('pagehide', () => this.storeNow());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get(key: string): Draft {
    const known = this.known.get(key);
    if (known) return known;
    const draft = read(key);
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
      ...since,
      text: [text, since.text].filter((part) => part !== '').join('\n'),
      images: [...images.filter(({ id }) => !ids.has(id)), ...since.images],
      problem,
    });
  }

  private put(key: string, draft: Draft): void {
    this.known.set(key, draft);
    clearTimeout(this.due.get(key));
    this.due.delete(key);
    if (draft.text.length <= LONG_CHARS) this.store(key);
    else
      this.due.set(
        key,
        setTimeout(() => this.store(key), REST_MS),
      );
    this.tell();
  }

  private store(key: string): void {
    this.due.delete(key);
    const draft = this.get(key);
    const { text, images } = draft;
    const kept = storage.set(TEXT + key, text === '' ? null : text);
    storage.set(IMAGES + key, images.length === 0 ? null : JSON.stringify(images));
    if (draft.unkept === !kept) return;
    this.known.set(key, { ...draft, unkept: !kept });
    this.tell();
  }

  private storeNow(): void {
    for (const [key, timer] of [...this.due]) {
      clearTimeout(timer);
      this.store(key);
    }
  }

  /** Another tab wrote it. What is typed here and not stored yet stays: it is newer. */
  private reload(key: string): void {
    const old = this.known.get(key);
    if (!old || this.due.has(key)) return;
    const { text, images } = read(key);
    this.known.set(key, { ...old, text, images, problem: text === old.text ? old.problem : null });
    this.tell();
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function read(key: string): Draft {
  const text = storage.get(TEXT + key) ?? '';
  const images = readImages(storage.get(IMAGES + key));
  return text || images.length > 0 ? { ...empty, text, images } : empty;
}

function readImages(text: string | null): Image[] {
  try {
    return imagesOf(JSON.parse(text ?? 'null'));
  } catch {
    return [];
  }
}

export const drafts = new Drafts();

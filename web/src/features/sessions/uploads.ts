import { messageOf } from '@/lib/errors';
import { upload } from '@/lib/upload';
import { type ImageResponse, Routes } from '@/shared/websocket/generated';
import { drafts } from './drafts';
import { imageRefusal } from './images';

/** A file on its way into a draft. */
export interface Upload {
  key: number;
  draftKey: string;
  name: string;
  /** Of the file itself, until the server has it. */
  url: string;
  /** 0 to 1 */
  part: number;
}

interface Running extends Upload {
  stop: AbortController;
}

/** Files that are being sent, for every draft. Framework-free; React reads it by useSyncExternalStore. */
export class Uploads {
  private items: readonly Running[] = [];
  private said: ReadonlyMap<string, string> = new Map();
  private count = 0;
  private readonly listeners = new Set<() => void>();

  readonly all = (): readonly Upload[] => this.items;

  /** Why the files that were last offered to a draft are not in it; '' while they are. */
  readonly problem = (draftKey: string): string => this.said.get(draftKey) ?? '';

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Sends what may be sent; of the rest it says why not. `refused`: the agent takes none at all. */
  add(draftKey: string, files: readonly File[], refused: string | null): void {
    const problems: string[] = refused ? [refused] : [];
    for (const file of refused ? [] : files) {
      const here = this.items.filter((item) => item.draftKey === draftKey).length;
      const problem = imageRefusal(file, here + drafts.get(draftKey).images.length);
      if (problem) problems.push(problem);
      else this.send(draftKey, file);
    }
    this.say(draftKey, [...new Set(problems)].join(' '));
  }

  remove(key: number): void {
    const item = this.items.find((one) => one.key === key);
    item?.stop.abort();
    if (item) this.drop(item.key);
  }

  forget(draftKey: string): void {
    if (this.problem(draftKey) !== '') this.say(draftKey, '');
  }

  private send(draftKey: string, file: File): void {
    const stop = new AbortController();
    const key = (this.count += 1);
    const item = { key, draftKey, name: file.name, url: URL.createObjectURL(file), part: 0, stop };
    this.set([...this.items, item]);
    const onProgress = (part: number) => {
      this.set(this.items.map((one) => (one.key === key ? { ...one, part } : one)));
    };
    upload<ImageResponse>(Routes.create_image.path, file, onProgress, stop.signal)
      .then(({ id, type, bytes }) => {
        drafts.setImages(draftKey, (images) => {
          return images.some((one) => one.id === id) ? images : [...images, { id, type, bytes }];
        });
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        this.say(draftKey, `${file.name || 'The image'} was not taken. ${messageOf(error)}`);
      })
      .finally(() => this.drop(key));
  }

  private drop(key: number): void {
    const gone = this.items.find((one) => one.key === key);
    if (!gone) return;
    URL.revokeObjectURL(gone.url);
    this.set(this.items.filter((one) => one !== gone));
  }

  private say(draftKey: string, problem: string): void {
    this.said = new Map([...this.said, [draftKey, problem]]);
    this.set(this.items);
  }

  private set(items: readonly Running[]): void {
    this.items = items;
    for (const listener of [...this.listeners]) listener();
  }
}

export const uploads = new Uploads();

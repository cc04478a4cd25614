import { changedSessions } from '@/shared/rows/changed';
import type { Rows } from '@/shared/rows/rows';
import { addNews, holds, type News, type NewsKind, newsOf } from './news';
import { type Note, notesOf, sessionTag } from './notes';
import { chosen, type Level, type Settings } from './settings';

/**
 * For this long news are gathered, and must hold: what goes on, is answered or is read meanwhile is
 * told to nobody, and what comes at once (after a reconnect) is one notification.
 */
export const SETTLE_MS = 1_000;

/** What the watch needs of the browser. */
export interface Surroundings {
  settings: () => Settings;
  levelOf: (sessionId: string) => Level;
  viewedAnywhere: () => Promise<ReadonlySet<string>>;
  /** Returns what closes it; `open` is for a click. */
  show: (note: Note, open: (path: string) => void) => () => void;
  play: (kind: NewsKind) => void;
}

/** Follows the rows, and says what a person who looks elsewhere wants to know. Framework-free. */
export class AttentionWatch {
  private rows: Rows | undefined;
  private partial = false;
  private viewed: string | null = null;
  private leads = false;
  private open: (path: string) => void = () => undefined;
  private fresh: readonly News[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly shown = new Map<string, { note: Note; close: () => void }>();

  constructor(private readonly around: Surroundings) {}

  /** The first rows are no news, in however many parts they come (`partial`: more are to come). */
  take(rows: Rows, partial = false): void {
    const [before, wasPartial] = [this.rows, this.partial];
    this.rows = rows;
    this.partial = partial;
    if (!before) return;
    const news = newsOf(changedSessions(before, rows, wasPartial));
    this.fresh = addNews(this.fresh, news);
    if (news.length > 0) this.timer ??= setTimeout(() => void this.tell(), SETTLE_MS);
    this.closeSettled();
  }

  /** The session that is looked at in this tab. */
  view(sessionId: string | null): void {
    this.viewed = sessionId;
    this.closeSettled();
  }

  /** This tab speaks for all of this browser. */
  lead(): void {
    this.leads = true;
  }

  /** What leads to a path of the page. */
  openBy(open: (path: string) => void): void {
    this.open = open;
  }

  stop(): void {
    this.leads = false;
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const tag of [...this.shown.keys()]) this.close(tag);
  }

  private async tell(): Promise<void> {
    const { around, fresh } = this;
    this.timer = undefined;
    this.fresh = [];
    if (!this.leads) return;
    const viewed = await around.viewedAnywhere();
    const open = fresh.filter((one) => this.isOpen(one) && !viewed.has(one.session.id));
    const { notify, sound } = chosen(open, around.settings(), around.levelOf);
    for (const note of notesOf(notify, this.rows ?? [])) this.show(note);
    if (sound) around.play(sound);
  }

  private show(note: Note): void {
    this.close(note.tag);
    for (const { session } of note.news) this.close(sessionTag(session.id));
    this.shown.set(note.tag, { note, close: this.around.show(note, (path) => this.open(path)) });
  }

  private closeSettled(): void {
    for (const [tag, { note }] of this.shown) {
      if (!note.news.some((one) => this.isOpen(one))) this.close(tag);
    }
  }

  private isOpen(news: News): boolean {
    return news.session.id !== this.viewed && holds(news, this.rows ?? []);
  }

  private close(tag: string): void {
    this.shown.get(tag)?.close();
    this.shown.delete(tag);
  }
}

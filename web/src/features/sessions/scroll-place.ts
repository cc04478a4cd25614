import { type Anchor, anchorOn, firstInSight, isInSight, shiftOf } from './anchor';

const NEAR_PX = 48;
/** What opens content below it, and for how long after a click that may take. */
const FOLDS = '[aria-expanded]:not([aria-haspopup]), [data-expands]';
const FOLD_MS = 500;
/** What a reader scrolls with, and how long a scroll is taken for his after it. */
const HANDS = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;
const HAND_MS = 2_000;

/**
 * Where the reader of a transcript is. At the end, the box stays there while content comes. Elsewhere,
 * what the reader sees stays where it is, whatever changes above: older pages that come, records that
 * turn out higher than was thought, a window that becomes narrower. Framework-free; React reads
 * `leftAt` by useSyncExternalStore.
 */
export class ScrollPlace {
  box: HTMLElement | null = null;
  groups: HTMLElement | null = null;
  private sticks = true;
  private top = 0;
  /** How far the box could be scrolled when `top` was taken. */
  private extent = 0;
  private handAt = -HAND_MS;
  private anchor: Anchor | null = null;
  private folding: { anchor: Anchor; until: number } | null = null;
  private newest = '';
  /** What was the newest when the reader left the end; null: the reader is there. */
  private left: string | null = null;
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly leftAt = (): string | null => this.left;

  readonly setGroups = (element: HTMLElement | null): void => {
    this.groups = element;
  };

  /** The scroller; its first child is the content. */
  readonly setBox = (box: HTMLElement | null): (() => void) | undefined => {
    this.box = box;
    if (!box?.firstElementChild) return undefined;
    const observer = new ResizeObserver(() => this.settle());
    observer.observe(box.firstElementChild);
    observer.observe(box);
    const leave = new AbortController();
    const onHand = () => (this.handAt = Date.now());
    for (const kind of HANDS) {
      box.addEventListener(kind, onHand, { passive: true, signal: leave.signal });
    }
    return () => {
      observer.disconnect();
      leave.abort();
      this.box = null;
    };
  };

  /** Names the newest of the content. */
  readonly tail = (newest: string): void => {
    this.newest = newest;
  };

  readonly toEnd = (): void => {
    this.sticks = true;
    this.setAway(false);
    this.settle();
  };

  readonly onScroll = (): void => {
    const { box } = this;
    if (!box) return;
    const atEnd = isAtEnd(box);
    if (atEnd) this.sticks = true;
    else if (box.scrollTop < this.top && this.isByReader(box)) this.sticks = false;
    if (atEnd) this.note(box);
    else this.settle();
    this.setAway(!this.sticks);
  };

  /** Content that becomes shorter moves a box up, too; what comes next may hide that. */
  private isByReader(box: HTMLElement): boolean {
    return extentOf(box) === this.extent || Date.now() - this.handAt < HAND_MS;
  }

  private note(box: HTMLElement): void {
    this.top = box.scrollTop;
    this.extent = extentOf(box);
  }

  /** Puts a place of the content `at` px below the top, and keeps it there until the reader moves. */
  readonly show = (element: Element, rect: DOMRect, at: number): void => {
    const { box } = this;
    if (!box) return;
    box.scrollTop += rect.top - box.getBoundingClientRect().top - at;
    this.sticks = false;
    this.note(box);
    this.anchor = anchorOn(box, element);
    this.setAway(!isAtEnd(box));
  };

  /** A fold was clicked: it stays under the pointer while it opens, at the end too. */
  readonly onClick = ({ target }: { target: EventTarget | null }): void => {
    const { box } = this;
    const fold = target instanceof Element && target.closest(FOLDS);
    if (box && fold) this.folding = { anchor: anchorOn(box, fold), until: Date.now() + FOLD_MS };
  };

  /** Undoes what content did to the place; then takes the place anew, if the reader left it. */
  private settle(): void {
    const { box } = this;
    if (!box) return;
    this.unfold();
    if (this.sticks) {
      box.scrollTop = box.scrollHeight;
      this.note(box);
      this.anchor = null;
      return;
    }
    const { anchor } = this;
    const shift = anchor ? shiftOf(box, anchor, box.scrollTop - this.top) : 0;
    if (Math.abs(shift) >= 1) box.scrollTop += shift;
    this.note(box);
    const now = anchor?.element.isConnected ? anchorOn(box, anchor.element) : null;
    this.anchor = now && isInSight(box, now) ? now : firstInSight(box, this.groups);
  }

  private unfold(): void {
    const { box, folding } = this;
    if (!box || !folding) return;
    this.folding = null;
    if (Date.now() > folding.until || box.scrollTop !== this.top) return;
    this.anchor = folding.anchor;
    this.sticks = false;
    // Nothing is above the end when the fold has closed again.
    queueMicrotask(() => {
      if (isAtEnd(box)) this.sticks = true;
      this.setAway(!this.sticks);
    });
  }

  private setAway(away: boolean): void {
    const left = away ? (this.left ?? this.newest) : null;
    if (left === this.left) return;
    this.left = left;
    for (const listener of [...this.listeners]) listener();
  }
}

const extentOf = (box: Element) => box.scrollHeight - box.clientHeight;

const isAtEnd = (box: Element) => extentOf(box) - box.scrollTop < NEAR_PX;

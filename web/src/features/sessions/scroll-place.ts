import { type Anchor, anchorOn, firstInSight, shiftOf } from './anchor';

const NEAR_PX = 48;

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
  private anchor: Anchor | null = null;
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
    return () => {
      observer.disconnect();
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
    // Content that grows also leaves the end behind; only a reader moves up.
    if (isAtEnd(box)) this.sticks = true;
    else if (box.scrollTop < this.top) this.sticks = false;
    if (this.sticks) this.top = box.scrollTop;
    else this.settle();
    this.setAway(!this.sticks);
  };

  /** Puts a place of the content `at` px below the top, and keeps it there until the reader moves. */
  readonly show = (element: Element, rect: DOMRect, at: number): void => {
    const { box } = this;
    if (!box) return;
    box.scrollTop += rect.top - box.getBoundingClientRect().top - at;
    this.sticks = false;
    this.top = box.scrollTop;
    this.anchor = anchorOn(box, element);
    this.setAway(!isAtEnd(box));
  };

  /** Undoes what content did to the place; then takes the place anew, if the reader moved. */
  private settle(): void {
    const { box, anchor } = this;
    if (!box) return;
    if (this.sticks) {
      box.scrollTop = box.scrollHeight;
      this.top = box.scrollTop;
      this.anchor = null;
      return;
    }
    const moved = box.scrollTop - this.top;
    const shift = anchor ? shiftOf(box, anchor, moved) : 0;
    if (Math.abs(shift) >= 1) box.scrollTop += shift;
    this.top = box.scrollTop;
    const kept = moved === 0 && anchor?.element.isConnected;
    this.anchor = kept ? anchorOn(box, anchor.element) : firstInSight(box, this.groups);
  }

  private setAway(away: boolean): void {
    const left = away ? (this.left ?? this.newest) : null;
    if (left === this.left) return;
    this.left = left;
    for (const listener of [...this.listeners]) listener();
  }
}

function isAtEnd(box: Element): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
}

import { useEffect, useRef } from 'react';
import type { Hit } from './find';
import { rangesIn, scrollInside } from './find-ranges';
import type { ScrollPlace } from './scroll-place';
import { recordOf } from './use-target';

/** Places that are marked at once. */
const MARKS_MOST = 2_000;

/** Marks every place that is on the page, and brings the current one into sight, once it is there. */
export function useFindMarks(
  place: ScrollPlace,
  hits: readonly Hit[],
  current: Hit | null,
  query: string,
  /** Another one: the same place is wanted again. */
  wish: number,
): void {
  const brought = useRef({ key: '', what: 'nothing' as 'nothing' | 'record' | 'place' });
  useEffect(() => {
    const { box, groups } = place;
    if (!box || !groups || !current) return;
    const ids = new Set(hits.map(({ id }) => id));
    // Only a new wish scrolls: pages and chunks that come leave the reader alone.
    const key = [current.id, current.nth, wish, query].join(' ');
    if (brought.current.key !== key) brought.current = { key, what: 'nothing' };
    const shown = brought.current;
    const bring = (record: Element, range: Range | undefined) => {
      if (shown.what === 'place' || (shown.what === 'record' && !range)) return;
      if (range) scrollInside(range, box);
      const [frame, rect] = [
        box.getBoundingClientRect(),
        (range ?? record).getBoundingClientRect(),
      ];
      const inside = rect.top > frame.top + 56 && rect.bottom < frame.bottom - 24;
      if (!inside) place.show(record, rect, frame.height / 3);
      shown.what = range ? 'place' : 'record';
    };
    const paint = () => {
      const ranges: Range[] = [];
      let own: Range | undefined;
      for (const record of groups.querySelectorAll('[data-id]')) {
        const id = record.getAttribute('data-id') ?? '';
        if (!ids.has(id)) continue;
        const found = rangesIn(record, query, MARKS_MOST - ranges.length);
        if (id === current.id) own = found[Math.min(current.nth, found.length - 1)];
        ranges.push(...found);
      }
      setMarks('find', ranges);
      setMarks('find-current', own ? [own] : []);
      const record = recordOf(groups, current.id);
      if (record) bring(record, own);
    };
    let frame = 0;
    const later = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(paint);
    };
    paint();
    const observer = new MutationObserver(later);
    observer.observe(groups, { subtree: true, childList: true, characterData: true });
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
      for (const name of ['find', 'find-current']) setMarks(name, []);
    };
  }, [place, hits, current, query, wish]);
}

/** Nothing, where a browser has no such marks: there the record itself is marked. */
function setMarks(name: string, ranges: readonly Range[]): void {
  if (typeof Highlight === 'undefined') return;
  if (ranges.length === 0) CSS.highlights.delete(name);
  else {
    const marks = new Highlight(...ranges);
    marks.priority = name === 'find' ? 0 : 1;
    CSS.highlights.set(name, marks);
  }
}

import { useEffect } from 'react';
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
): void {
  useEffect(() => {
    const { box, groups } = place;
    if (!box || !groups || !current) return;
    const ids = new Set(hits.map(({ id }) => id));
    let shown: 'nothing' | 'record' | 'place' = 'nothing';
    const bring = (record: Element, range: Range | undefined) => {
      if (shown === 'place' || (shown === 'record' && !range)) return;
      if (range) scrollInside(range, box);
      const [frame, rect] = [
        box.getBoundingClientRect(),
        (range ?? record).getBoundingClientRect(),
      ];
      const inside = rect.top > frame.top + 56 && rect.bottom < frame.bottom - 24;
      if (!inside) place.show(record, rect, frame.height / 3);
      shown = range ? 'place' : 'record';
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
  }, [place, hits, current, query]);
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

const blocks =
  'p, li, td, th, pre, dt, dd, h1, h2, h3, h4, h5, h6, div, section, button, blockquote, figcaption';
const hidden = '.sr-only, [data-nofind], svg';

/** Every place of a query in what a record shows, as ranges; a place does not reach over a block's end. */
export function rangesIn(record: Element, query: string, most: number): Range[] {
  const wanted = query.toLowerCase();
  const ranges: Range[] = [];
  for (const run of runsOf(record)) {
    const text = run.map(({ data }) => lower(data)).join('');
    for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
      if (ranges.length >= most) return ranges;
      ranges.push(rangeOf(run, at, at + wanted.length));
    }
  }
  return ranges;
}

/** In small letters, as long as before: offsets must stay true. */
function lower(text: string): string {
  const small = text.toLowerCase();
  return small.length === text.length ? small : text;
}

/** The text nodes of each block, in order. */
function runsOf(record: Element): Text[][] {
  const walker = document.createTreeWalker(record, NodeFilter.SHOW_TEXT);
  const runs: Text[][] = [];
  let block: Element | null = null;
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    const parent = node.parentElement;
    if (!parent || parent.closest(hidden)) continue;
    const own = parent.closest(blocks);
    if (own !== block || runs.length === 0) runs.push([]);
    block = own;
    runs.at(-1)?.push(node);
  }
  return runs;
}

function rangeOf(run: readonly Text[], from: number, to: number): Range {
  const range = document.createRange();
  let start = 0;
  for (const node of run) {
    const end = start + node.length;
    if (from >= start && from < end) range.setStart(node, from - start);
    if (to > start && to <= end) range.setEnd(node, to - start);
    start = end;
  }
  return range;
}

/** Scrolls the boxes between a place and the transcript's own, so that it is not cut off in them. */
export function scrollInside(range: Range, outer: Element): void {
  for (
    let box = range.startContainer.parentElement;
    box && box !== outer;
    box = box.parentElement
  ) {
    const [frame, rect] = [box.getBoundingClientRect(), range.getBoundingClientRect()];
    const { overflowX, overflowY } = getComputedStyle(box);
    const high = box.scrollHeight > box.clientHeight && /auto|scroll/.test(overflowY);
    const wide = box.scrollWidth > box.clientWidth && /auto|scroll/.test(overflowX);
    if (high && (rect.top < frame.top || rect.bottom > frame.bottom))
      box.scrollTop += rect.top - frame.top - frame.height / 3;
    if (wide && (rect.left < frame.left || rect.right > frame.right))
      box.scrollLeft += rect.left - frame.left - frame.width / 3;
  }
}

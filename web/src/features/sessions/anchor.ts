/** What the reader looks at, and how far below the top of its box it stands. */
export interface Anchor {
  element: Element;
  top: number;
}

export function anchorOn(box: Element, element: Element): Anchor {
  return { element, top: topIn(box, element) };
}

const topIn = (box: Element, element: Element) =>
  element.getBoundingClientRect().top - box.getBoundingClientRect().top;

/** The first record that is in sight with its beginning, or what will have it. */
export function firstInSight(box: Element, groups: Element | null): Anchor | null {
  if (!groups) return null;
  const edge = box.getBoundingClientRect().top;
  const group = firstBelow([...groups.children], edge);
  if (!group) return null;
  const records = [...group.querySelectorAll('[data-seq]')];
  const record = firstBelow(records, edge);
  const next = record && records[records.indexOf(record) + 1];
  const cut = record && record.getBoundingClientRect().top < edge;
  return anchorOn(
    box,
    (cut && next && isInSight(box, anchorOn(box, next)) ? next : record) ?? group,
  );
}

/** It still is where the reader could see it. */
export function isInSight(box: Element, { element, top }: Anchor): boolean {
  return element.isConnected && top >= 0 && top < box.clientHeight;
}

/** The first of elements in order whose end is below the edge. */
function firstBelow(elements: readonly Element[], edge: number): Element | undefined {
  let [low, high] = [0, elements.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const end = elements[middle]?.getBoundingClientRect().bottom ?? 0;
    if (end <= edge) low = middle + 1;
    else high = middle;
  }
  return elements[low];
}

/**
 * How far what the reader looks at was moved by what changed around it, not by scrolling. `moved`:
 * how far the box was scrolled since the anchor was taken.
 */
export function shiftOf(box: Element, { element, top }: Anchor, moved: number): number {
  return element.isConnected ? topIn(box, element) - (top - moved) : 0;
}

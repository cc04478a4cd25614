/** Where something lands that is dropped at a height, among rows from top to bottom; from 0. */
export function dropIndex(
  rows: readonly { top: number; bottom: number }[],
  y: number,
  from: number,
): number {
  const before = rows.filter(({ top, bottom }, at) => at !== from && (top + bottom) / 2 < y).length;
  return Math.min(before, rows.length - 1);
}

/** Which place a key on a handle leads to, from 1; null: the key is for something else. */
export function keyPlace(key: string, place: number, count: number): number | null {
  switch (key) {
    case 'ArrowUp':
      return Math.max(1, place - 1);
    case 'ArrowDown':
      return Math.min(count, place + 1);
    case 'Home':
      return 1;
    case 'End':
      return count;
    default:
      return null;
  }
}

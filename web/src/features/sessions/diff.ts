import { visible } from './visible';

export interface DiffLine {
  /** gap: something between hunks; its text says what. */
  kind: 'same' | 'add' | 'del' | 'gap';
  text: string;
  /** The number of the line in the file before and after, where that is known. */
  old?: number;
  now?: number;
  /** The lines that a gap leaves out. */
  hidden?: DiffLine[];
}

export interface Diff {
  lines: DiffLine[];
  added: number;
  removed: number;
}

const CONTEXT = 3;
/** Lines of one side times those of the other, past which they are not compared one by one. */
const CELLS_MAX = 1_000_000;

/** Two texts, line by line. */
export function diffTexts(old: string, now: string): Diff {
  const [a, b] = [linesOf(old), linesOf(now)];
  let top = 0;
  while (top < a.length && top < b.length && a[top] === b[top]) top += 1;
  let end = 0;
  const room = Math.min(a.length, b.length) - top;
  while (end < room && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (lines: string[]) => lines.map((text): DiffLine => ({ kind: 'same', text }));
  const middle = compare(a.slice(top, a.length - end), b.slice(top, b.length - end));
  if (middle.length === 0 && old !== now) {
    return { lines: [{ kind: 'gap', text: 'Only the end of the last line changes' }], ...none };
  }
  return finish(
    withContext([...same(a.slice(0, top)), ...middle, ...same(a.slice(a.length - end))]),
  );
}

const none = { added: 0, removed: 0 };

/** A unified diff as it is; what precedes its first hunk only names the file. */
export function diffPatch(patch: string): Diff {
  const lines = linesOf(patch);
  const first = lines.findIndex((line) => line.startsWith('@@'));
  return finish(
    lines.slice(Math.max(0, first)).map((line): DiffLine => {
      const text = line.slice(1);
      if (line.startsWith('+')) return { kind: 'add', text };
      if (line.startsWith('-')) return { kind: 'del', text };
      if (line.startsWith(' ') || line === '') return { kind: 'same', text };
      return { kind: 'gap', text: line.startsWith('\\ ') ? text.trim() : line };
    }),
  );
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** What goes and what comes, by the longest common subsequence. */
function compare(a: string[], b: string[]): DiffLine[] {
  const del = (text: string): DiffLine => ({ kind: 'del', text });
  const add = (text: string): DiffLine => ({ kind: 'add', text });
  if (a.length * b.length > CELLS_MAX) return [...a.map(del), ...b.map(add)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i] ?? '', b[j] ?? ''];
    if (i < a.length && j < b.length && left === right) {
      lines.push({ kind: 'same', text: left });
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(del(left));
      i += 1;
    } else {
      lines.push(add(right));
      j += 1;
    }
  }
  return lines;
}

/** Leaves out what is the same far from any change. */
function withContext(lines: DiffLine[]): DiffLine[] {
  const near = new Uint8Array(lines.length);
  lines.forEach(({ kind }, index) => {
    if (kind !== 'same') near.fill(1, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  });
  const out: DiffLine[] = [];
  for (let index = 0; index < lines.length;) {
    const line = lines[index];
    if (near[index] === 1 && line) {
      out.push(line);
      index += 1;
      continue;
    }
    const next = near.indexOf(1, index);
    const until = next === -1 ? lines.length : next;
    const hidden = lines.slice(index, until);
    out.push({ kind: 'gap', text: `${hidden.length} unchanged`, hidden });
    index = until;
  }
  return out;
}

function finish(lines: DiffLine[]): Diff {
  return {
    lines: lines.map(shown),
    added: lines.filter(({ kind }) => kind === 'add').length,
    removed: lines.filter(({ kind }) => kind === 'del').length,
  };
}

function shown(line: DiffLine): DiffLine {
  const { kind, text, hidden } = line;
  const read = visible(kind === 'same' ? text.replace(/\r$/, '') : text);
  return { ...line, text: read, ...(hidden ? { hidden: hidden.map(shown) } : {}) };
}

/**
 * Numbers the lines. A patch tells where its hunks begin; of two texts that is known only where they
 * are whole: an agent often tells only the piece of the file that it changed.
 */
export function numbered(diff: Diff, whole: boolean): Diff {
  let [old, now] = whole ? [1, 1] : [0, 0];
  const lines = diff.lines.map((line): DiffLine => {
    const hunk = line.kind === 'gap' && /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line.text);
    if (hunk) [old, now] = [Number(hunk[1]), Number(hunk[2])];
    if (old + now === 0 || line.kind === 'gap') return line;
    const out = { ...line };
    if (line.kind !== 'add') out.old = old++;
    if (line.kind !== 'del') out.now = now++;
    return out;
  });
  return { ...diff, lines };
}

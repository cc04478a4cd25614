/** How a fence begins; one of backticks has none behind them, else it is code in a line. */
const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;

/**
 * Markdown cut at blank lines outside code fences, and around fences, so that of a text that streams
 * only the last piece is parsed again. Lists and quotes may span blank lines: what continues one is
 * kept with it.
 */
export function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let current: string[] = [];
  let fence: string | null = null;
  let blank = false;
  // The block is a fence that has ended: only blank lines still belong to it.
  let closed = false;
  for (const line of text.split('\n')) {
    const mark = FENCE.exec(line)?.[1];
    const empty = line.trim() === '';
    // A fence at the very left belongs to no list.
    const opens = fence === null && mark !== undefined && line.startsWith(mark);
    if (fence === null && (opens || (closed && !empty) || (blank && !continues(line)))) {
      if (current.length > 0) blocks.push(current.join('\n'));
      current = [];
      closed = false;
    }
    current.push(line);
    if (fence === null) fence = mark ?? null;
    else if (ends(line, fence)) {
      fence = null;
      closed = fencedHead(current[0] ?? '') !== null;
    }
    blank = empty;
  }
  blocks.push(current.join('\n'));
  return blocks;
}

function ends(line: string, fence: string): boolean {
  const mark = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line)?.[1];
  return mark?.startsWith(fence) ?? false;
}

/** Indented, or the next item of a list, or blank. */
function continues(line: string): boolean {
  return line.trim() === '' || /^(\s+\S|[-*+] |\d+[.)] |>|\|)/.test(line);
}

export interface Split {
  text: string;
  blocks: readonly string[];
}

/**
 * The blocks of a text of which a beginning was cut before: only its end is looked at. The last block
 * may still grow, and its first line decide that it belongs to the one before; nothing else.
 */
export function growBlocks(before: Split, text: string): Split {
  if (text === before.text) return before;
  const kept = before.blocks.slice(0, -2);
  if (kept.length === 0 || !text.startsWith(before.text))
    return { text, blocks: splitBlocks(text) };
  const from = kept.reduce((sum, block) => sum + block.length + 1, 0);
  return { text, blocks: [...kept, ...splitBlocks(text.slice(from))] };
}

/** A block that is a fence, closed or not yet: it needs no parser. null: it is something else. */
export function fencedCode(block: string): { code: string; language: string } | null {
  const [first = '', ...lines] = block.split('\n');
  const head = fencedHead(first);
  if (!head) return null;
  const end = lines.findIndex((line) => ends(line, head.fence));
  const code = end === -1 ? lines : lines.slice(0, end);
  return { code: code.join('\n'), language: head.language };
}

function fencedHead(line: string): { fence: string; language: string } | null {
  const fence = line.startsWith(' ') ? undefined : FENCE.exec(line)?.[1];
  if (!fence) return null;
  const language = /^\s*([\w+#-]+)/.exec(line.slice(fence.length))?.[1] ?? '';
  return { fence, language };
}

/**
 * Markdown cut at blank lines outside code fences, so that of a text that streams only the last piece
 * is parsed again. Lists and quotes may span blank lines: what continues one is kept with it.
 */
export function splitBlocks(text: string): string[] {
  const blocks: string[] = [];
  let current: string[] = [];
  let fence: string | null = null;
  let blank = false;
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    const starts = blank && fence === null && !continues(line);
    if (starts && current.length > 0) {
      blocks.push(current.join('\n'));
      current = [];
    }
    if (mark && fence === null) fence = mark;
    else if (mark && fence !== null && mark.startsWith(fence)) fence = null;
    current.push(line);
    blank = line.trim() === '';
  }
  blocks.push(current.join('\n'));
  return blocks;
}

/** Indented, or the next item of a list, or blank. */
function continues(line: string): boolean {
  return line.trim() === '' || /^(\s+\S|[-*+] |\d+[.)] |>|\|)/.test(line);
}

/** About how many characters a piece has; it ends where a line does. */
export const PIECE_CHARS = 16_000;

/**
 * A text in pieces of whole lines, without the line ends between them. Each begins where it began when
 * the text was shorter, so that of a text that grows only the last piece is another.
 */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (text.length - from > PIECE_CHARS) {
    const end = text.indexOf('\n', from + PIECE_CHARS);
    // What ends with this very line has no other piece.
    if (end === -1 || end === text.length - 1) break;
    pieces.push(text.slice(from, end));
    from = end + 1;
  }
  pieces.push(text.slice(from));
  return pieces;
}

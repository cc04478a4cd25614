const START = 8;
const WORD = 6;
const RUN = 4;
const GAP = -1;

/**
 * How well the letters of `word` are found in `text`, in order: more for the beginning of words and for
 * letters side by side; 0 where one is missing. Both are in lower case.
 */
export function scoreWord(word: string, text: string): number {
  const whole = text.indexOf(word);
  if (whole >= 0) return 100 + boundary(text, whole) + word.length * RUN;
  let score = 0;
  let at = 0;
  let last = -2;
  for (const letter of word) {
    const found = text.indexOf(letter, at);
    if (found < 0) return 0;
    score += boundary(text, found) + (found === last + 1 ? RUN : GAP) + 2;
    last = found;
    at = found + 1;
  }
  return Math.max(1, score);
}

function boundary(text: string, at: number): number {
  if (at === 0) return START;
  return /[\s\-_/.:]/.test(text[at - 1] ?? '') ? WORD : 0;
}

/** Every word of the query must be found; words in the name count more than those beside it. */
export function score(words: readonly string[], name: string, beside: string): number {
  let sum = 0;
  for (const word of words) {
    const inName = scoreWord(word, name) * 2;
    const best = Math.max(inName, beside.includes(word) ? scoreWord(word, beside) : 0);
    if (best <= 0) return 0;
    sum += best;
  }
  return sum;
}

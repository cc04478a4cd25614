import { type KeyboardEvent, useState } from 'react';
import { type Place, stepHistory } from './history';

/** The arrows in an empty field bring back what was sent. What is being edited stays. */
export function useHistory(
  prompts: readonly string[],
  text: string,
  setText: (text: string) => void,
) {
  const [place, setPlace] = useState<Place | null>(null);
  /** True: the key was for the history. */
  return (event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
    const { key, nativeEvent, currentTarget } = event;
    if ((key !== 'ArrowUp' && key !== 'ArrowDown') || nativeEvent.isComposing) return false;
    if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false;
    const { selectionStart, selectionEnd } = currentTarget;
    const atEdge =
      selectionStart === selectionEnd && (selectionEnd === 0 || selectionEnd === text.length);
    const next = stepHistory(prompts, place, { text, atEdge }, key);
    if (next === undefined) return false;
    event.preventDefault();
    setPlace(next);
    setText(next?.text ?? '');
    return true;
  };
}

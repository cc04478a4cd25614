import { type KeyboardEvent, useId, useState } from 'react';
import { type Command, matchCommands } from './commands';

/**
 * Slash commands for what is typed: the arrows move, Enter and Tab take, Escape closes. The focus stays
 * in the field (aria-activedescendant).
 */
export function useCommands(
  commands: readonly Command[],
  text: string,
  setText: (text: string) => void,
) {
  const listId = useId();
  const [at, setAt] = useState({ text: '', index: 0, closed: false });
  const found = matchCommands(commands, text);
  const now = at.text === text ? at : { text, index: 0, closed: at.closed };
  // Another text from its beginning: the list may open again.
  if (text === '' && at.closed) setAt({ text, index: 0, closed: false });
  // A command that is typed out needs no choosing: Enter sends it.
  const whole = found.length === 1 && text === `/${found[0]?.name}`;
  const open = found.length > 0 && !now.closed && !whole;
  const index = Math.min(now.index, found.length - 1);
  const take = ({ name }: Command) => {
    setText(`/${name} `);
    setAt({ text: `/${name} `, index: 0, closed: false });
  };
  const move = (step: number) => {
    setAt({ ...now, index: (index + step + found.length) % found.length });
  };
  /** True: the key was for the list. */
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const chosen = found[index];
    if (!open || !chosen || event.nativeEvent.isComposing || event.keyCode === 229) return false;
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Escape') setAt({ ...now, closed: true });
    else if ((event.key === 'Enter' && !event.shiftKey) || (event.key === 'Tab' && !event.shiftKey))
      take(chosen);
    else return false;
    event.preventDefault();
    return true;
  };
  const optionId = (place: number) => `${listId}-${place}`;
  return { open, found, index, listId, optionId, onKeyDown, take };
}

import { type KeyboardEvent, useId, useState } from 'react';
import type { Completion, CompletionItem } from './completion';

/**
 * The list of what may be typed next: the arrows move, Enter and Tab take, Escape closes it until
 * another slash or at is typed. The focus stays in the field (aria-activedescendant).
 */
export function useCompletion(
  completion: Completion | null,
  onTake: (completion: Completion, item: CompletionItem) => void,
) {
  const listId = useId();
  const [at, setAt] = useState({ id: '', query: '', index: 0 });
  const [closed, setClosed] = useState('');
  const { id = '', query = '', items = [] } = completion ?? {};
  if (closed !== '' && closed !== id) setClosed('');
  const open = completion !== null && closed !== id;
  const same = at.id === id && at.query === query;
  const index = same ? Math.min(at.index, Math.max(0, items.length - 1)) : 0;
  const move = (step: number) => {
    const next = (index + step + items.length) % items.length;
    setAt({ id, query, index: next });
  };
  const take = (item: CompletionItem) => {
    if (completion) onTake(completion, item);
  };
  /** True: the key was for the list. */
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!open || event.nativeEvent.isComposing || event.keyCode === 229) return false;
    const item = items[index];
    const takes = (event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey;
    if (event.key === 'Escape') setClosed(id);
    else if (!item) return false;
    else if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (takes && !event.ctrlKey && !event.metaKey) take(item);
    else return false;
    event.preventDefault();
    return true;
  };
  const optionId = (place: number) => `${listId}-${place}`;
  const active = open && items.length > 0 ? optionId(index) : undefined;
  return { open, completion, index, listId, optionId, active, onKeyDown, take };
}

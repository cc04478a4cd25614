import { useEffect, useLayoutEffect, useState } from 'react';

let typed = '';

/** What was typed while the field that it is meant for was on its way; it is told once. */
export function takeTypedAhead(): string {
  const text = typed;
  typed = '';
  return text;
}

/** Stands where such a field will be: until then, no key reaches what had the focus before. */
export function TypedAhead({ onEscape }: { onEscape: () => void }) {
  const [hold] = useState(() => (event: KeyboardEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') {
      typed = '';
      onEscape();
    } else if (event.key === 'Backspace') typed = typed.slice(0, -1);
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) typed += event.key;
  });
  useLayoutEffect(() => window.addEventListener('keydown', hold, true), [hold]);
  // Passive, as the effect by which a dialog takes the focus: no key comes between the two.
  useEffect(() => () => window.removeEventListener('keydown', hold, true), [hold]);
  return null;
}

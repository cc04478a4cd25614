import { useEffect, useState } from 'react';
import { isOtherField } from '@/lib/fields';
import type { SessionResponse } from '@/shared/websocket';
import { useCancelTurn } from './mutations';

/** For this long a second Escape interrupts. */
export const ARMED_MS = 2_500;

/**
 * Escape, twice, interrupts a running turn: wherever the focus is, but for lists, menus, dialogs and
 * other fields, which take the key first. Nothing that is typed is lost by it.
 */
export function useInterrupt({ id, state, queue_length }: SessionResponse): string {
  const { mutate, isPending } = useCancelTurn(id);
  const [armed, setArmed] = useState(false);
  const working = state === 'working';
  if (armed && !working) setArmed(false);
  useEffect(() => {
    if (!working || isPending) return;
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key !== 'Escape' || event.defaultPrevented || composing || event.repeat) return;
      if (isOtherField(event.target) || document.querySelector(above)) return;
      setArmed(!armed);
      if (armed) mutate();
    };
    window.addEventListener('keydown', onKeyDown);
    const timer = armed ? setTimeout(() => setArmed(false), ARMED_MS) : undefined;
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      clearTimeout(timer);
    };
  }, [working, isPending, armed, mutate]);
  if (isPending) return 'Interrupting…';
  if (!armed) return '';
  const rest = queue_length > 0 ? '; what is queued waits' : '';
  return `Press Esc again to interrupt${rest}`;
}

/** What lies above the page, and closes by Escape. */
const above = '[role="dialog"], [role="alertdialog"], [role="menu"]';

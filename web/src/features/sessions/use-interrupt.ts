import { useEffect, useState } from 'react';
import { isOtherField } from '@/lib/fields';
import type { SessionResponse } from '@/shared/websocket';
import { useCancelTurn } from './mutations';

/** For this long a second Escape interrupts. */
export const ARMED_MS = 2_500;

/**
 * Escape, twice, interrupts a running turn: wherever the focus is, but for lists, menus, dialogs and
 * other fields, which take the key first. Whatever else is done in between calls it off; nothing that
 * is typed is lost by it.
 */
export function useInterrupt({ id, state, queue_length }: SessionResponse): string {
  const { mutate, isPending } = useCancelTurn(id);
  const [armed, setArmed] = useState(false);
  const working = state === 'working';
  if (armed && !working) setArmed(false);
  useEffect(() => {
    if (!working || isPending) return;
    const disarm = () => setArmed(false);
    const onKeyDown = (event: globalThis.KeyboardEvent) => {
      if (event.isComposing || event.keyCode === 229 || event.repeat) return;
      const taken = event.defaultPrevented || isOtherField(event.target);
      if (event.key !== 'Escape' || taken || document.querySelector(above)) return disarm();
      setArmed(!armed);
      if (armed) mutate();
    };
    window.addEventListener('keydown', onKeyDown);
    if (armed) window.addEventListener('pointerdown', disarm);
    const timer = armed ? setTimeout(disarm, ARMED_MS) : undefined;
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('pointerdown', disarm);
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

import { type KeyboardEvent, useCallback } from 'react';
import type { MessageResponse } from '@/shared/websocket';
import { firstInSight } from './anchor';
import type { ScrollPlace } from './scroll-place';
import type { Target } from './target';

const steps: Record<string, number> = { j: 1, k: -1 };

/** In the transcript: j and k go from message to message, End goes to the newest. */
export function useMessageKeys(
  messages: readonly MessageResponse[],
  place: ScrollPlace,
  goTo: (target: Target) => void,
) {
  return useCallback(
    (event: KeyboardEvent<HTMLElement>) => {
      const { box } = place;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      // A menu or a dialog of a record is not in the transcript.
      if (!(event.target instanceof Element) || !box?.contains(event.target)) return;
      if (event.target.closest('input, textarea, [contenteditable]')) return;
      if (event.key === 'End') {
        event.preventDefault();
        return place.toEnd();
      }
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const focused = document.activeElement?.closest('[data-id]');
      const from = focused ?? firstInSight(box, place.groups)?.element;
      const at = messages.findIndex(({ id }) => id === from?.getAttribute('data-id'));
      const next = messages[focused ? at + step : Math.max(0, at)];
      if (next) goTo({ id: next.id, why: 'focus' });
    },
    [messages, place, goTo],
  );
}

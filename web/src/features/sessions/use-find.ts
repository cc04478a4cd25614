import { useCallback, useEffect, useState } from 'react';

export interface FindState {
  open: boolean;
  /** Grows with each wish to look for something: the field takes the focus anew. */
  round: number;
  show: () => void;
  hide: () => void;
}

/** Whether one looks for something in the transcript. Ctrl or Cmd+F asks for it; in the field, the browser. */
export function useFind(): FindState {
  const [round, setRound] = useState(0);
  const [open, setOpen] = useState(false);
  const show = useCallback(() => {
    setOpen(true);
    setRound((before) => before + 1);
  }, []);
  const hide = useCallback(() => setOpen(false), []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const wanted = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      if (!wanted || event.key.toLowerCase() !== 'f' || !isInView(event.target)) return;
      event.preventDefault();
      show();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [show]);
  return { open, round, show, hide };
}

/** In the session's page, or nowhere; not in the field for it, a dialog, or the sidebar. */
function isInView(target: EventTarget | null): boolean {
  if (!(target instanceof Element) || target.closest('[data-find-bar]')) return false;
  if (target === document.body) return document.querySelector('[role=dialog]') === null;
  return target.closest('main') !== null;
}

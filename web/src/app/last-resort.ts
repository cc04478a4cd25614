import { CallError } from '@/shared/websocket';
import { ApiError } from '@/lib/api';
import { messageOf } from '@/lib/errors';
import { isSaid } from '@/lib/failures';
import { notify } from '@/lib/notify';

/** What nobody has caught: a refusal in the server's words, anything else as a fault of the page. */
export function lastResortText(reason: unknown): string | null {
  if (isSaid(reason)) return null;
  if (reason instanceof DOMException && reason.name === 'AbortError') return null;
  if (reason instanceof ApiError || reason instanceof CallError) return reason.message;
  return `Something on this page went wrong: ${messageOf(reason)} If it does not work as it should, reload it.`;
}

/** No error is lost: one that is not said where it belongs is said in a corner. */
export function catchTheRest(): void {
  const say = (reason: unknown) => {
    const text = lastResortText(reason);
    if (text !== null) notify.error(text);
  };
  window.addEventListener('unhandledrejection', ({ reason }) => say(reason));
  window.addEventListener('error', ({ error }) => {
    if (error) say(error);
  });
}

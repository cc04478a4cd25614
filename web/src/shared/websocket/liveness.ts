const TICK_MS = 5_000;
/** A topic has something to say every 25 s (`head`): after this, something is wrong. */
export const SILENT_MS = 60_000;
/** After a sleep, or when the page is looked at again, one missed `head` is enough to ask. */
export const SILENT_AFTER_WAKE_MS = 35_000;

/**
 * Calls `check` with the silence that is too long: at every tick the long one, and after a wake (the
 * clock jumped, the page was shown, the network came back) the short one. Uses the wall clock, since
 * timers stand still while the machine sleeps.
 */
export function watchLiveness(check: (silentMs: number) => void): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    const slept = now - last > 3 * TICK_MS;
    last = now;
    check(slept ? SILENT_AFTER_WAKE_MS : SILENT_MS);
  }, TICK_MS);
  const awake = () => {
    if (document.visibilityState === 'visible') check(SILENT_AFTER_WAKE_MS);
  };
  document.addEventListener('visibilitychange', awake);
  window.addEventListener('pageshow', awake);
  window.addEventListener('online', awake);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', awake);
    window.removeEventListener('pageshow', awake);
    window.removeEventListener('online', awake);
  };
}

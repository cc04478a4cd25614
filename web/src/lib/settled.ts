/** Where nothing is painted (a tab in the background), and where there is always something to do. */
const LATEST_MS = 3_000;

/**
 * Runs once what is on the page now is painted and nothing else is to do: what nobody sees at first
 * is to be in nobody's way. Returns how to call it off.
 */
export function whenSettled(run: () => void): () => void {
  let over = false;
  const once = () => {
    if (over) return;
    over = true;
    run();
  };
  const idle = () => {
    if ('requestIdleCallback' in window) requestIdleCallback(once);
    else setTimeout(once);
  };
  requestAnimationFrame(() => requestAnimationFrame(idle));
  const latest = setTimeout(once, LATEST_MS);
  return () => {
    over = true;
    clearTimeout(latest);
  };
}

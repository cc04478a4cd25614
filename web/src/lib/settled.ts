/** After the page is loaded, so long is left to what is shown first: its code, its data, its paint. */
const PATIENCE_MS = 1_000;
const LATEST_MS = 3_000;

/** Runs once what is first on the screen has had its time, and nothing else is to do. Returns how to call it off. */
export function whenSettled(run: () => void): () => void {
  let over = false;
  const once = () => {
    if (over) return;
    over = true;
    run();
  };
  const idle = () => {
    if ('requestIdleCallback' in window) requestIdleCallback(once, { timeout: LATEST_MS });
    else once();
  };
  const timer = setTimeout(idle, PATIENCE_MS);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

const due = new Set<() => void>();

/**
 * Runs `act` once before the next frame is drawn, however often it was asked for until then. A page that
 * nobody sees draws no frames, so there it runs as soon as it can: titles and sounds go on.
 */
export function atNextFrame(act: () => void): void {
  due.add(act);
  if (due.size > 1) return;
  if (document.visibilityState === 'visible') requestAnimationFrame(runAll);
  else queueMicrotask(runAll); // a timer could be held back for a second there
}

function runAll(): void {
  const all = [...due];
  due.clear();
  for (const act of all) act();
}

// A frame that was asked for before the page was hidden is drawn when it is seen again.
document.addEventListener('visibilitychange', runAll);

const LEADER = 'muster:attention';
const VIEWING = 'muster:viewing:';

/** Secure pages have them (HTTPS, localhost); elsewhere each tab stands for itself. */
const locks = (): LockManager | undefined => navigator.locks;

/** Holds a lock until the returned function is called, or the tab is gone. */
function hold(name: string, mode: LockMode, onHeld: () => void): () => void {
  const manager = locks();
  if (!manager) {
    onHeld();
    return () => undefined;
  }
  let release: () => void = () => undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  const stop = new AbortController();
  manager
    .request(name, { mode, signal: stop.signal }, () => {
      onHeld();
      return until;
    })
    .catch(() => undefined);
  return () => {
    stop.abort();
    release();
  };
}

/** Of all tabs of this browser one speaks: the one that holds the lock. */
export function runForLeader(onElected: () => void): () => void {
  return hold(LEADER, 'exclusive', onElected);
}

/** Tells the other tabs that a session is on the screen here, and looked at. */
export function holdViewing(sessionId: string): () => void {
  return hold(VIEWING + sessionId, 'shared', () => undefined);
}

/** The sessions that are looked at in any tab of this browser. */
export async function viewedAnywhere(): Promise<ReadonlySet<string>> {
  const { held = [] } =
    (await locks()
      ?.query()
      .catch(() => undefined)) ?? {};
  const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(VIEWING));
  return new Set(names.map((name) => name.slice(VIEWING.length)));
}

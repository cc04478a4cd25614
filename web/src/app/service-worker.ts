import { notify } from '@/lib/notify';
import { eventBus } from '@/shared/websocket';

const worker = () =>
  import.meta.env.PROD && 'serviceWorker' in navigator ? navigator.serviceWorker : null;

/** A tab that runs an older build than the worker says so: its drafts are kept, so a reload costs nothing. */
export function offerNewBuild(): void {
  const hadOne = worker()?.controller;
  worker()?.addEventListener('controllerchange', () => {
    if (hadOne) {
      notify.action('A new version of this page is here.', 'Reload', () => location.reload());
    }
  });
}

/** The worker that keeps the page's own files. Where a browser forbids it, the page works without. */
export function registerServiceWorker(): void {
  worker()
    ?.register('/sw.js')
    .then(askWhenBack, () => undefined);
}

/** A page that stays open asks for a new build when muster was away: it may be another one now. */
function askWhenBack(): void {
  let away = false;
  eventBus.status.subscribe(() => {
    const was = away;
    away = eventBus.status.get().unverifiedSince !== null;
    // Without an answer, the next time asks again.
    if (!was || away) return;
    const registered = navigator.serviceWorker.getRegistration();
    registered.then((one) => one?.update()).catch(() => undefined);
  });
}

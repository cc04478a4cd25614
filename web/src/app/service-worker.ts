import { notify } from '@/lib/notify';
import { whenSettled } from '@/lib/settled';
import { eventBus } from '@/shared/websocket';

/**
 * The worker that keeps the page's own files. A tab that runs an older build than the worker says so:
 * its drafts are kept, so a reload costs nothing.
 */
export function registerServiceWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  const hadOne = serviceWorker.controller !== null;
  serviceWorker.addEventListener('controllerchange', () => {
    if (hadOne) {
      notify.action('A new version of this page is here.', 'Reload', () => location.reload());
    }
  });
  // It fetches every file there is: not before the page has what it shows. Where a browser forbids it,
  // the page works without.
  whenSettled(() => void serviceWorker.register('/sw.js').then(askWhenBack, () => undefined));
}

/** A page that stays open asks for a new build when muster was away: it may be another one now. */
function askWhenBack(): void {
  let away = false;
  eventBus.status.subscribe(() => {
    const was = away;
    away = eventBus.status.get().unverifiedSince !== null;
    // Without an answer, the next time asks again.
    if (!was || away) return;
    const worker = navigator.serviceWorker.getRegistration();
    worker.then((one) => one?.update()).catch(() => undefined);
  });
}

/** A part of this build that neither the server nor the worker has any more: the page is too old. */
export function reloadWhenOutdated(): void {
  window.addEventListener('vite:preloadError', (event) => {
    if (!navigator.onLine || sessionStorage.getItem('muster:reloaded') === location.href) return;
    event.preventDefault();
    sessionStorage.setItem('muster:reloaded', location.href);
    location.reload();
  });
}

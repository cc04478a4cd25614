/*
 * Keeps the page's own files, so that it opens while muster is away. Never anything that muster says:
 * requests of the API, the socket and the sign-in are not touched.
 *
 * A build is kept whole, under its version. The page itself is asked for first and kept as the last
 * resort, so a new build is taken with its own files; the build before stays for tabs that run it.
 */
const VERSION = '__VERSION__';
const FILES = __FILES__;

const PREFIX = 'muster-';
const CACHE = PREFIX + VERSION;
/** Longer, and the page that is kept is shown. */
const PATIENCE_MS = 4000;

const isOurs = (path) => !/^\/(api|socket|login|healthz|metrics)(\/|$)/.test(path);

self.addEventListener('install', (event) => {
  const files = FILES.map((path) => new Request(path, { cache: 'no-cache' }));
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(files))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldBuilds().then(() => self.clients.claim()));
});

/** The newest build before this one stays. */
async function forgetOldBuilds() {
  const others = (await caches.keys()).filter((key) => key.startsWith(PREFIX) && key !== CACHE);
  await Promise.all(others.slice(0, -1).map((key) => caches.delete(key)));
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin || !isOurs(pathname)) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (pathname.startsWith('/assets/')) event.respondWith(asset(request));
  else if (FILES.includes(pathname)) event.respondWith(newest(request, request));
});

/** Every address of the app is the same page. */
const page = (request) => newest(request, '/');

async function newest(request, kept) {
  const copy = async () => (await caches.open(CACHE)).match(kept);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    return await fetch(request, { signal: patience.signal });
  } catch (error) {
    const found = await copy();
    if (found) return found;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** What was told while no page could: it leads to the session, in a page that is open if there is one. */
self.addEventListener('notificationclick', (event) => {
  const { notification } = event;
  notification.close();
  event.waitUntil(show(pathOf(notification)));
});

/** Only ever a page of ours. */
function pathOf({ data }) {
  const url = new URL(String(data?.path ?? '/'), self.location.origin);
  return url.origin === self.location.origin ? url.pathname + url.search + url.hash : '/';
}

async function show(path) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = pages.find((one) => one.focused) ?? pages[0];
  if (!open) return self.clients.openWindow(path);
  // The page goes there by itself: nothing of it is loaded anew.
  open.postMessage({ type: 'open', path });
  return open.focus();
}

/** Its name holds its hash: wherever it comes from, it is the same. */
async function asset(request) {
  return (await caches.match(request)) ?? fetch(request);
}

import { useSyncExternalStore } from 'react';
import type { Note } from './notes';

/** `insecure`: browsers give notifications to pages on HTTPS or localhost only. */
export type Permission = NotificationPermission | 'insecure' | 'unsupported';

// Another process answers, and the page stands still meanwhile: asked once, and where it may be another.
let known: NotificationPermission | undefined;
const listeners = new Set<() => void>();

export function readPermission(): Permission {
  if (!window.isSecureContext) return 'insecure';
  return 'Notification' in window ? (known ??= Notification.permission) : 'unsupported';
}

function forget(): void {
  known = undefined;
  listeners.forEach((listener) => listener());
}

// It is changed in the browser's own settings, too: a browser that tells of that, or one comes back from there.
window.addEventListener('focus', forget);
const status = navigator.permissions?.query({ name: 'notifications' });
status?.then((one) => one.addEventListener('change', forget)).catch(() => undefined);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export const usePermission = () => useSyncExternalStore(subscribe, readPermission);

/** Only ever on a click. */
export async function askPermission(): Promise<Permission> {
  if (readPermission() === 'default') await Notification.requestPermission();
  forget();
  return readPermission();
}

/** Shows it where that is allowed; returns what closes it. */
export function showNotification(note: Note, onOpen: (path: string) => void): () => void {
  if (readPermission() !== 'granted') return () => undefined;
  const { title, body, tag, path } = note;
  // The sounds are muster's own. A replaced one is shown anew.
  const options = { body, tag, icon: '/favicon.svg', silent: true, renotify: true, data: { path } };
  try {
    const shown = new Notification(title, options);
    shown.onclick = () => {
      window.focus();
      shown.close();
      onOpen(path);
    };
    return () => shown.close();
  } catch {
    return showByWorker(title, options);
  }
}

/** Of a notification that the worker has shown, and its path: the page that is open goes there. */
export function listenForClicks(onOpen: (path: string) => void): () => void {
  const worker = 'serviceWorker' in navigator ? navigator.serviceWorker : undefined;
  const onMessage = ({ data }: MessageEvent<{ type?: unknown; path?: unknown } | null>) => {
    if (data?.type === 'open' && typeof data.path === 'string') onOpen(data.path);
  };
  worker?.addEventListener('message', onMessage);
  return () => worker?.removeEventListener('message', onMessage);
}

/** Phones let only a service worker show one; it opens `data.path` on a click. */
function showByWorker(title: string, options: NotificationOptions & { tag: string }): () => void {
  const worker = navigator.serviceWorker?.getRegistration();
  const shown = worker?.then((one) => one?.showNotification(title, options));
  shown?.catch(() => undefined);
  return () => {
    const close = async () => {
      const registration = await worker;
      const open = await registration?.getNotifications({ tag: options.tag });
      open?.forEach((one) => one.close());
    };
    close().catch(() => undefined);
  };
}

import { preloadDialog } from '@/components/ui/dialog';
import { preloadMenu } from '@/components/ui/menu';
import { preloadSheet } from '@/components/ui/sheet';
import { preloadTooltip } from '@/components/ui/tooltip';
import { preloadPalette } from './overlays';
import { registerServiceWorker } from './service-worker';

const all = [preloadPalette, preloadDialog, preloadMenu, preloadSheet, preloadTooltip];

/** What the next click may need, and the worker that keeps every file for a time without muster. */
export function fetchTheRest(): void {
  for (const preload of all) preload();
  registerServiceWorker();
}

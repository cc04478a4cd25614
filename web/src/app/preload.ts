import { preloadDialog } from '@/components/ui/dialog';
import { preloadMenu } from '@/components/ui/menu';
import { preloadSheet } from '@/components/ui/sheet';
import { preloadTooltip } from '@/components/ui/tooltip';
import { preloadPalette } from './overlays';

const LATEST_MS = 3_000;
const all = [preloadPalette, preloadDialog, preloadMenu, preloadSheet, preloadTooltip];

/** What the next click may need is fetched when the page has nothing else to do. */
export function preloadWhenIdle(): void {
  const run = () => {
    for (const preload of all) preload();
  };
  if ('requestIdleCallback' in window) requestIdleCallback(run, { timeout: LATEST_MS });
  else setTimeout(run, LATEST_MS);
}

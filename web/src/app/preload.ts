import { preloadDialog } from '@/components/ui/dialog';
import { preloadMenu } from '@/components/ui/menu';
import { preloadSheet } from '@/components/ui/sheet';
import { preloadTooltip } from '@/components/ui/tooltip';
import { whenSettled } from '@/lib/settled';
import { preloadPalette } from './overlays';

const all = [preloadPalette, preloadDialog, preloadMenu, preloadSheet, preloadTooltip];

/** What the next click may need is fetched when the page has nothing else to do. */
export function preloadWhenSettled(): () => void {
  return whenSettled(() => {
    for (const preload of all) preload();
  });
}

import { Suspense } from 'react';
import { lazyPart } from '@/lib/part';
import type { SheetProps } from './sheet-body';

const body = () => import('./sheet-body');
const Body = lazyPart(body);

export const preloadSheet = () => void body().catch(() => undefined);

/** A panel from the left: the sidebar on a phone. */
export function Sheet({ open, ...rest }: SheetProps & { open: boolean }) {
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <Body {...rest} />
    </Suspense>
  );
}

import { lazy, Suspense } from 'react';
import type { SheetProps } from './sheet-body';

const body = () => import('./sheet-body');
const Body = lazy(body);

export const preloadSheet = () => void body();

/** A panel from the left: the sidebar on a phone. */
export function Sheet({ open, ...rest }: SheetProps & { open: boolean }) {
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <Body {...rest} />
    </Suspense>
  );
}

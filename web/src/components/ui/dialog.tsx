import { lazy, Suspense } from 'react';
import type { DialogProps } from './dialog-body';

const body = () => import('./dialog-body');
const Body = lazy(body);

/** Fetches what dialogs are made of, before one is asked for. */
export const preloadDialog = () => void body();

/** Made when it is opened: the page is there before the code of its dialogs. */
export function Dialog({ open, ...rest }: DialogProps & { open: boolean }) {
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <Body {...rest} />
    </Suspense>
  );
}

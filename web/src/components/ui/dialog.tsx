import { Suspense } from 'react';
import { lazyPart } from '@/lib/part';
import type { DialogProps } from './dialog-body';

const body = () => import('./dialog-body');
const Body = lazyPart(body);

/** Fetches what dialogs are made of, before one is asked for. */
export const preloadDialog = () => void body().catch(() => undefined);

/** Made when it is opened: the page is there before the code of its dialogs. */
export function Dialog({ open, ...rest }: DialogProps & { open: boolean }) {
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <Body {...rest} />
    </Suspense>
  );
}

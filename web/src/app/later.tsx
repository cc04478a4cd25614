import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { whenSettled } from '@/lib/settled';

/** What nobody sees at first: it is fetched and made when that is in nobody's way. */
export function Later({ children }: { children: ReactNode }) {
  const [due, setDue] = useState(false);
  useEffect(() => whenSettled(() => setDue(true)), []);
  return due && <Suspense fallback={null}>{children}</Suspense>;
}

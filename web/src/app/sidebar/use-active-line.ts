import { useState } from 'react';
import type { ListView } from './view-state';

/** The line that Tab leads to. Another filter begins anew: what stayed for its sake goes. */
export function useActiveLine({ filters, archived }: ListView) {
  const [active, setActive] = useState<{ key: string; filters: unknown } | null>(null);
  const now = active?.filters === filters && !archived ? active.key : null;
  return [now, (key: string) => setActive({ key, filters })] as const;
}

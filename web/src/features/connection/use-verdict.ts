import { useEffect, useState } from 'react';
import { probe, type Verdict } from './probe';
import { useConnection } from './use-connection';

/** The phoenix client's first attempts are milliseconds apart: a restart is over before these. */
const FIRST_ASK = 7;
const ASK_EVERY = 3;

/** While the socket does not open: why, as far as can be known; null while there is no need to ask. */
export function useVerdict(): Verdict | null {
  const { phase, failures } = useConnection();
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const due = failures >= FIRST_ASK && (failures - FIRST_ASK) % ASK_EVERY === 0 ? failures : 0;
  useEffect(() => {
    if (due === 0) return;
    let current = true;
    void probe().then((answer) => {
      if (current) setVerdict(answer);
    });
    return () => {
      current = false;
    };
  }, [due]);
  return phase === 'open' || failures < FIRST_ASK ? null : verdict;
}

import { useNow } from '@/lib/time';
import { quietText } from '../quiet';

/** For how long an agent has said nothing. Only these words tick. */
export function Quiet({ since }: { since: string }) {
  const now = useNow();
  return <span className="tabular-nums">{quietText(since, now + 30_000)}</span>;
}

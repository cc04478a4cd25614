import { findSession } from '@/shared/rows/rows';
import { useRows } from '@/shared/rows/use-view';
import { badgeOf } from '../badge';

const looks = {
  working: 'text-working',
  waiting: 'text-waiting',
  error: 'text-danger',
};

/** A session's state in a word, as it is now, wherever the session is named. */
export function StateWord({ sessionId }: { sessionId: string }) {
  const session = useRows((rows) => findSession(rows, sessionId));
  const badge = session && badgeOf(session);
  return badge && <span className={`vouched text-xs ${looks[badge.kind]}`}>{badge.label}</span>;
}

import { type LucideIcon } from 'lucide-react';
import { type ReactNode, useId } from 'react';

interface Props {
  icon: LucideIcon;
  headline: string;
  requestId: string;
  busy: boolean;
  /** Why the answer was not taken. */
  problem: string | null;
  children: ReactNode;
  /** The answers: they stay in sight, however long what is asked, where there is room for both. */
  answers: ReactNode;
}

/** What every request looks like, whatever is asked. */
export function PermissionFrame(props: Props) {
  const { icon: Icon, headline, requestId, busy, problem, children, answers } = props;
  const id = useId();
  return (
    <div
      role="group"
      aria-labelledby={id}
      aria-busy={busy}
      data-testid="permission-card"
      data-request-id={requestId}
      className="rounded-xl border border-waiting/40 bg-raised px-3.5 py-3 shadow-float"
    >
      <h2 id={id} className="flex items-start gap-2 text-ui font-medium wrap-anywhere text-ink">
        <Icon aria-hidden className="mt-0.5 size-3.5 shrink-0 text-waiting" />
        {headline}
      </h2>
      {children}
      <div className="bottom-0 -mx-3.5 -mb-3 mt-2 rounded-b-xl border-t border-line bg-raised px-3.5 pt-2.5 pb-3 [@media(min-height:36rem)]:sticky">
        {problem && (
          <p role="alert" className="mb-2 text-ui wrap-anywhere text-danger">
            {problem}
          </p>
        )}
        <div className="flex flex-wrap items-center gap-2">{answers}</div>
      </div>
    </div>
  );
}

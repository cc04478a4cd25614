import { ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { cn } from '@/lib/cn';
import { useReveal } from '../reveal';

interface Props {
  icon: ReactNode;
  summary: ReactNode;
  end?: ReactNode;
  /** Nothing to unfold: only the line. */
  empty?: boolean;
  defaultOpen?: boolean;
  /** What unfolds has a frame of its own. */
  flush?: boolean;
  children: ReactNode;
}

/** One line that unfolds. What is folded is not rendered. It opens where something was found in it. */
export function Fold(props: Props) {
  const { icon, summary, end, empty = false, defaultOpen = false, flush = false, children } = props;
  const reveal = useReveal();
  const [open, setOpen] = useState(defaultOpen || reveal);
  const [revealed, setRevealed] = useState(reveal);
  if (reveal !== revealed) {
    setRevealed(reveal);
    if (reveal) setOpen(true);
  }
  return (
    <div className="min-w-0">
      <button
        type="button"
        disabled={empty}
        aria-expanded={empty ? undefined : open}
        onClick={() => setOpen(!open)}
        className="-mx-2 flex w-[calc(100%+1rem)] items-center gap-2 rounded-md px-2 py-1 text-left text-ui text-ink-2 enabled:hover:bg-hover"
      >
        {icon}
        <span className="flex min-w-0 grow items-baseline gap-2">{summary}</span>
        {end}
        {!empty && (
          <ChevronRight
            aria-hidden
            className={cn('size-3.5 shrink-0 text-ink-3 transition-transform', open && 'rotate-90')}
          />
        )}
      </button>
      {open && (
        <div className={flush ? 'mb-1' : 'mt-1 mb-2 ml-1.5 border-l border-line pl-4'}>
          {children}
        </div>
      )}
    </div>
  );
}

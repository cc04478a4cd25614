import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import type { Diff, DiffLine } from '../diff';
import { useReveal } from '../reveal';

const FIRST_LINES = 200;
const MOST_LINES = 5_000;

/** Lines of a change, one below the other; what is long or unchanged opens by a click. */
export function DiffLines({ diff: { lines } }: { diff: Diff }) {
  const reveal = useReveal();
  const [all, setAll] = useState(false);
  const shown = lines.slice(0, all || reveal ? MOST_LINES : FIRST_LINES);
  const hidden = lines.length - shown.length;
  const most = Math.max(0, ...lines.map(({ old, now }) => Math.max(old ?? 0, now ?? 0)));
  if (lines.length === 0) return <p className="text-xs text-ink-3">Nothing changes in its text.</p>;
  return (
    <div
      tabIndex={0}
      role="group"
      aria-label="Changed lines"
      className="max-h-96 overflow-auto rounded-lg border border-line bg-sunken py-1 font-mono text-[0.78125rem] leading-[1.55]"
    >
      <div className="w-max min-w-full">
        {shown.map((line, index) => (
          <Line key={index} line={line} digits={most === 0 ? 0 : String(most).length} />
        ))}
      </div>
      {hidden > 0 && shown.length < MOST_LINES && (
        <Button data-expands size="sm" look="ghost" onClick={() => setAll(true)}>
          Show {Math.min(hidden, MOST_LINES - FIRST_LINES)} more lines
        </Button>
      )}
      {hidden > 0 && shown.length === MOST_LINES && (
        <p className="px-3 text-xs text-ink-3">{hidden} more lines are not shown.</p>
      )}
    </div>
  );
}

const looks = {
  same: 'text-ink-2',
  add: 'bg-ok-soft text-ink',
  del: 'bg-danger-soft text-ink',
  gap: 'text-ink-3 italic',
};
const marks = { same: ' ', add: '+', del: '−', gap: '⋯' };
const names = { same: '', add: 'added: ', del: 'removed: ', gap: '' };

function Line({ line, digits }: { line: DiffLine; digits: number }) {
  const reveal = useReveal();
  const [open, setOpen] = useState(false);
  const { kind, text, hidden } = line;
  if (hidden && (open || reveal))
    return hidden.map((one, index) => <Line key={index} line={one} digits={digits} />);
  return (
    <div data-diff={kind} className={cn('flex px-2 whitespace-pre', looks[kind])}>
      <Numbers line={line} digits={digits} />
      <span aria-hidden data-nofind className="w-4 shrink-0 select-none">
        {marks[kind]}
      </span>
      <span className="sr-only">{names[kind]}</span>
      {hidden ? (
        <button
          type="button"
          title="Show these lines"
          data-expands
          className="rounded-sm hover:text-ink hover:underline"
          onClick={() => setOpen(true)}
        >
          {text}
        </button>
      ) : (
        <span>{text}</span>
      )}
    </div>
  );
}

/** Before and after, side by side; for the eye alone. */
function Numbers({ line: { old, now }, digits }: { line: DiffLine; digits: number }) {
  if (digits === 0) return null;
  return [old, now].map((number, index) => (
    <span
      key={index}
      aria-hidden
      data-nofind
      data-number={number}
      style={{ width: `${digits + 1}ch` }}
      className="shrink-0 pr-[1ch] text-right text-ink-3 select-none before:content-[attr(data-number)]"
    />
  ));
}

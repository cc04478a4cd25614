import { X } from 'lucide-react';
import { memo } from 'react';
import { type FilterKind, filterKinds, tallyAll } from '@/features/sessions/tally';
import { cn } from '@/lib/cn';
import { useShown } from '@/shared/rows/use-view';
import { listView, useListView } from './view-state';

const labels = { working: 'Working', waiting: 'Needs you', error: 'Error', unread: 'Unread' };
const tones = {
  working: 'text-working',
  waiting: 'text-waiting',
  error: 'text-danger',
  unread: 'text-accent-text',
};

/** How many sessions are in which state, and a click shows only those. Several show any of them. */
export function FilterChips() {
  // As the list shows them: what is on its way out of it is not counted.
  const rows = useShown((shown) => shown.rows);
  const { filters, archived } = useListView();
  const tally = tallyAll(rows);
  return (
    <div
      role="group"
      aria-label="Filter"
      className="vouched flex flex-wrap gap-0.5 px-2 pt-2 pb-1.5"
    >
      {archived ? (
        <button
          type="button"
          onClick={() => listView.showArchived(false)}
          className={cn(chip, chosen)}
        >
          Archived
          <X aria-hidden className="size-3" />
          <span className="sr-only">: back to the list</span>
        </button>
      ) : (
        filterKinds.map((kind) => (
          <Chip key={kind} kind={kind} count={tally[kind]} pressed={filters.has(kind)} />
        ))
      )}
    </div>
  );
}

const chip =
  'hit inline-flex h-6 pointer-coarse:h-9 items-center gap-0.5 rounded-full border px-1.25 text-tiny tabular-nums transition-colors';
const chosen = 'border-accent bg-accent-soft text-accent-text';
const loose = 'border-line-strong text-ink-2 hover:bg-hover';

interface Props {
  kind: FilterKind;
  count: number;
  pressed: boolean;
}

const Chip = memo(function Chip({ kind, count, pressed }: Props) {
  return (
    <button
      type="button"
      data-testid={`filter-${kind}`}
      aria-pressed={pressed}
      onClick={() => listView.toggleFilter(kind)}
      className={cn(chip, pressed ? chosen : loose, !pressed && count === 0 && 'text-ink-3')}
    >
      {labels[kind]}
      {count > 0 && <Count value={count} className={tones[kind]} />}
    </button>
  );
});

/** As wide as its digits: another number of as many lays out nothing but itself. */
function Count({ value, className }: { value: number; className: string }) {
  return (
    <span className={cn('font-semibold', className)}>
      <span
        style={{ width: `${String(value).length}ch` }}
        className="block h-[1lh] contain-layout contain-size"
      >
        {value}
      </span>
    </span>
  );
}

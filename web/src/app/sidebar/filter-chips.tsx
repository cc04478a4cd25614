import { useQueryClient } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { memo } from 'react';
import { useProjects } from '@/features/projects/queries';
import { type FilterKind, filterKinds, tallyAll } from '@/features/sessions/tally';
import { cn } from '@/lib/cn';
import { useWithPending } from '@/shared/rows/pending';
import type { ProjectWithSessions } from '@/shared/websocket';
import { listView, useListView } from './view-state';

const none: ProjectWithSessions[] = [];
const labels = { working: 'Working', waiting: 'Needs you', error: 'Error', unread: 'Unread' };
const tones = {
  working: 'text-working',
  waiting: 'text-waiting',
  error: 'text-danger',
  unread: 'text-accent-text',
};

/** How many sessions are in which state, and a click shows only those. Several show any of them. */
export function FilterChips() {
  const { data = none } = useProjects(useQueryClient());
  // As the list shows them: what is on its way out of it is not counted.
  const { rows } = useWithPending(data);
  const { filters, archived } = useListView();
  const tally = tallyAll(rows);
  return (
    <div role="group" aria-label="Filter" className="flex flex-wrap gap-0.5 px-2 pt-2 pb-1.5">
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
      {count > 0 && <span className={cn('font-semibold', tones[kind])}>{count}</span>}
    </button>
  );
});

import { useRest } from '@/features/projects/queries';
import { isFiltering } from './outline';
import { useListView } from './view-state';

const number = new Intl.NumberFormat('en');

/** How much of a long list is here, while the rest comes. */
export function LoadingNote() {
  const rest = useRest();
  const filtering = isFiltering(useListView());
  if (!rest) return null;
  const { loaded, total } = rest;
  const counts = `${number.format(loaded)} of ${number.format(total)} projects`;
  return (
    <div
      role="progressbar"
      aria-label="Loading projects"
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={loaded}
      aria-valuetext={counts}
      data-testid="loading-note"
      className="shrink-0 border-t border-line px-3.5 pt-2 pb-[max(0.5rem,env(safe-area-inset-bottom))]"
    >
      <p className="text-tiny text-ink-3 tabular-nums">
        {filtering ? `Searched so far: ${counts}` : `Loading ${counts}`}
      </p>
      <div aria-hidden className="mt-1.5 h-0.5 overflow-hidden rounded-full bg-hover">
        <div
          className="h-full origin-left bg-accent"
          style={{ transform: `scaleX(${total > 0 ? loaded / total : 0})` }}
        />
      </div>
    </div>
  );
}

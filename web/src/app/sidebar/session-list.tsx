import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useParams } from 'react-router';
import { useIsPartial } from '@/features/projects/queries';
import { textScale } from '@/lib/media';
import { shapeOf } from '@/shared/rows/order';
import type { Shown } from '@/shared/rows/pending';
import { useShown } from '@/shared/rows/use-view';
import { EmptyList } from './empty-list';
import { LIST_ID } from './focus-search';
import { ListLine } from './list-line';
import { type Entry, isFiltering, outlineOf } from './outline';
import { useActiveLine } from './use-active-line';
import { useListDrag } from './use-list-drag';
import { useListKeys } from './use-list-keys';
import { useListView } from './view-state';

const PAD = 16;
const OVERSCAN = 6;

const rowsIn = ({ rows }: Shown) => rows;
const shapeIn = ({ rows }: Shown) => shapeOf(rows);
const waitingIn = ({ waiting }: Shown) => waiting;

interface Props {
  onNewSession: (projectId: string) => void;
}

/**
 * Every project and session as one list, of which only what is on the screen is in the page. Without a
 * filter, it depends on its shape alone: a change of a state renders only the line that shows it.
 */
export function SessionList({ onNewSession }: Props) {
  const view = useListView();
  const [heights] = useState(lineHeights);
  const { projectId, sessionId } = useParams();
  const viewed = sessionId ?? projectId;
  const filtering = isFiltering(view);
  const [active, setActive] = useActiveLine(view);
  const basis = useShown(filtering ? rowsIn : shapeIn);
  const waiting = useShown(waitingIn);
  const kept = filtering ? active : null;
  const partial = useIsPartial();
  const entries = useMemo(
    () => outlineOf(basis, { ...view, kept: [kept], partial }),
    [basis, view, kept, partial],
  );
  const lines = useMemo(() => new Map(entries.map(({ key }, at) => [key, at])), [entries]);
  const activeAt = lines.get(active ?? '') ?? lines.get(viewed ?? '') ?? firstLine(entries);

  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: useCallback(() => scroller.current, []),
    estimateSize: (at) => heights[entries[at]?.kind ?? 'session'],
    getItemKey: useCallback((at: number) => entries[at]?.key ?? at, [entries]),
    initialRect: { width: 288, height: window.innerHeight },
    overscan: OVERSCAN,
    paddingEnd: PAD,
    // What has the focus stays in the page, however far one scrolls.
    rangeExtractor: ({ startIndex, endIndex, overscan, count }) =>
      rangeWith(
        Math.max(0, startIndex - overscan),
        Math.min(count - 1, endIndex + overscan),
        activeAt,
      ),
  });
  const { onFocusLost, ...keys } = useListKeys({
    entries,
    lines,
    scroller,
    virtual,
    setActive,
  });
  const { mark, ...drag } = useListDrag({ entries, virtual, enabled: !filtering });

  const viewedAt = lines.get(viewed ?? '');
  const shown = useRef<string | undefined>(undefined);
  useEffect(() => {
    // Only going elsewhere leads there; where it stands may change without that.
    if (viewedAt === undefined || shown.current === viewed) return;
    shown.current = viewed;
    virtual.scrollToIndex(viewedAt, { align: 'auto' });
  }, [viewed, viewedAt, virtual]);

  if (entries.length === 0) return <EmptyList view={view} partial={partial} />;
  return (
    <div
      ref={scroller}
      data-testid="project-list"
      className="vouched min-h-0 grow overflow-y-auto px-2 contain-strict"
    >
      <ul
        id={LIST_ID}
        aria-label="Projects and sessions"
        style={{ height: virtual.getTotalSize() }}
        className="relative"
        {...keys}
        {...drag}
      >
        {virtual.getVirtualItems().map(({ index, key, start, size }) => {
          const entry = entries[index];
          if (!entry) return null;
          return (
            <ListLine
              key={key}
              entry={entry}
              at={index}
              of={entries.length}
              start={start}
              height={size}
              movable={!filtering && isMovable(entry)}
              viewed={entry.key === viewed}
              tabbable={index === activeAt}
              waiting={waiting.has(entry.key)}
              onNewSession={onNewSession}
              onFocusLost={onFocusLost}
            />
          );
        })}
        {mark !== null && (
          <li
            role="presentation"
            data-testid="drop-mark"
            style={{ transform: `translateY(${mark}px)` }}
            className="pointer-events-none absolute inset-x-1 top-0 z-10 h-0.5 rounded-full bg-accent"
          />
        )}
      </ul>
    </div>
  );
}

/** A finger needs taller lines than a pointer; and all grow with the text that the browser is set to. */
function lineHeights() {
  const scale = textScale();
  const heights = matchMedia('(pointer: coarse)').matches
    ? { pinned: 24, project: 48, session: 45, empty: 30 }
    : { pinned: 24, project: 36, session: 33, empty: 26 };
  const scaled = Object.entries(heights).map(([kind, px]) => [kind, px * scale]);
  return Object.fromEntries(scaled) as typeof heights;
}

function firstLine(entries: readonly Entry[]): number {
  return entries.findIndex(({ kind }) => kind === 'project' || kind === 'session');
}

function isMovable(entry: Entry): boolean {
  return entry.kind === 'project' || (entry.kind === 'session' && !entry.pinned);
}

function rangeWith(from: number, to: number, also: number): number[] {
  const range = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
  if (also < 0 || (also >= from && also <= to)) return range;
  return also < from ? [also, ...range] : [...range, also];
}

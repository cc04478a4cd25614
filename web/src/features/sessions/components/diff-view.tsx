import { useMemo, useState } from 'react';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import type { FileChange } from '../changes';
import { type Diff, type DiffLine, diffPatch, diffTexts } from '../diff';
import { Fold } from './fold';

const FIRST_LINES = 200;
const MOST_LINES = 5_000;
/** A longer one is folded until one wants to see it. */
const OPEN_LINES = 30;

interface Props {
  changes: readonly FileChange[];
  /** What is to be decided on is never folded. */
  unfolded?: boolean;
}

/** What becomes of files, line by line. */
export default function DiffView({ changes, unfolded = false }: Props) {
  return (
    <div className="space-y-1.5">
      {changes.map((change, index) => (
        <FileDiff key={index} change={change} unfolded={unfolded} />
      ))}
    </div>
  );
}

function FileDiff({ change, unfolded }: { change: FileChange; unfolded: boolean }) {
  const diff = useMemo(() => diffOf(change), [change]);
  const summary = (
    <>
      <Path path={change.path} whole={unfolded} />
      <span className="shrink-0 text-xs text-ink-3">{verb(change)}</span>
      <Counts diff={diff} />
    </>
  );
  if (unfolded) {
    return (
      <div className="min-w-0">
        <div className="flex items-baseline gap-2 py-1">{summary}</div>
        <Lines diff={diff} />
      </div>
    );
  }
  return (
    <Fold icon={null} summary={summary} defaultOpen={diff.lines.length <= OPEN_LINES} flush>
      <Lines diff={diff} />
    </Fold>
  );
}

/** Where there is little room, the name of the file stays; what is to be decided on is there whole. */
function Path({ path, whole }: { path: string; whole: boolean }) {
  if (whole) return <span className="font-mono text-xs wrap-anywhere text-ink-2">{path}</span>;
  const name = path.slice(path.lastIndexOf('/', path.length - 2) + 1);
  return (
    <span title={path} className="flex min-w-0 font-mono text-xs text-ink-2">
      <span className="sr-only">{path}</span>
      <span aria-hidden className="truncate">
        {path.slice(0, path.length - name.length)}
      </span>
      <span aria-hidden className="max-w-[70%] shrink-0 truncate">
        {name}
      </span>
    </span>
  );
}

function diffOf(change: FileChange): Diff {
  if ('patch' in change) return diffPatch(change.patch);
  return diffTexts(change.old ?? '', change.now ?? '');
}

function verb(change: FileChange): string {
  if ('patch' in change) return '';
  if (change.old === null) return 'new file';
  return change.now === null ? 'deleted' : '';
}

function Counts({ diff: { added, removed } }: { diff: Diff }) {
  return (
    <span className="shrink-0 text-xs tabular-nums">
      <span className="sr-only">{`${added} ${added === 1 ? 'line' : 'lines'} added, ${removed} removed`}</span>
      <span aria-hidden className="text-ok">{`+${added}`}</span>{' '}
      <span aria-hidden className="text-danger">{`−${removed}`}</span>
    </span>
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

function Lines({ diff: { lines } }: { diff: Diff }) {
  const [all, setAll] = useState(false);
  const shown = lines.slice(0, all ? MOST_LINES : FIRST_LINES);
  const hidden = lines.length - shown.length;
  if (lines.length === 0) return <p className="text-xs text-ink-3">Nothing changes in its text.</p>;
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label="Changed lines"
      className="max-h-96 overflow-auto rounded-lg border border-line bg-sunken py-1 font-mono text-[12.5px] leading-[1.55]"
    >
      <div className="w-max min-w-full">
        {shown.map((line, index) => (
          <Line key={index} line={line} />
        ))}
      </div>
      {hidden > 0 && !all && (
        <Button size="sm" look="ghost" onClick={() => setAll(true)}>
          Show {Math.min(hidden, MOST_LINES - FIRST_LINES)} more lines
        </Button>
      )}
      {hidden > 0 && all && (
        <p className="px-3 text-xs text-ink-3">{hidden} more lines are not shown.</p>
      )}
    </div>
  );
}

function Line({ line: { kind, text } }: { line: DiffLine }) {
  return (
    <div data-diff={kind} className={cn('flex px-2 whitespace-pre', looks[kind])}>
      <span aria-hidden className="w-4 shrink-0 select-none">
        {marks[kind]}
      </span>
      <span className="sr-only">{names[kind]}</span>
      <span>{text}</span>
    </div>
  );
}

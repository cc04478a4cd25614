import { useMemo } from 'react';
import type { FileChange } from '../changes';
import { type Diff, diffPatch, diffTexts, numbered } from '../diff';
import { DiffLines } from './diff-lines';
import { Fold } from './fold';

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
        <DiffLines diff={diff} />
      </div>
    );
  }
  return (
    <Fold icon={null} summary={summary} defaultOpen={diff.lines.length <= OPEN_LINES} flush>
      <DiffLines diff={diff} />
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
  if ('patch' in change) return numbered(diffPatch(change.patch), false);
  const { old, now } = change;
  return numbered(diffTexts(old ?? '', now ?? ''), old === null || now === null);
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

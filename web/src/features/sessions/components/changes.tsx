import { Suspense } from 'react';
import { lazyPart } from '@/lib/part';
import type { FileChange } from '../changes';

const DiffView = lazyPart(() => import('./diff-view'));

interface Props {
  changes: readonly FileChange[];
  unfolded?: boolean;
}

/** What becomes of files; until the view of it is there, their names. */
export function Changes(props: Props) {
  if (props.changes.length === 0) return null;
  const names = props.changes.map(({ path }) => path).join(', ');
  return (
    <Suspense fallback={<p className="truncate font-mono text-xs text-ink-2">{names}</p>}>
      <DiffView {...props} />
    </Suspense>
  );
}

import { memo, useLayoutEffect, useRef } from 'react';
import { ProjectRow } from '@/features/projects/components/project-row';
import { SessionRow } from '@/features/sessions/components/session-row';
import { tallyOf } from '@/features/sessions/tally';
import { useShown } from '@/shared/rows/use-view';
import type { ProjectWithSessions } from '@/shared/websocket';
import type { Entry } from './outline';
import { listView } from './view-state';

interface Props {
  entry: Entry;
  at: number;
  of: number;
  start: number;
  height: number;
  movable: boolean;
  viewed: boolean;
  tabbable: boolean;
  /** A change of it is on its way. */
  waiting: boolean;
  onNewSession: (projectId: string) => void;
  /** It leaves the page, and the focus was in it. */
  onFocusLost: (at: number) => void;
}

/** One line. What stands in it looks after its own row, so a change renders the one line it is in. */
export const ListLine = memo(function ListLine(props: Props) {
  const { entry, at, of, start, height, movable, onFocusLost } = props;
  const line = useRef<HTMLLIElement>(null);
  const place = useRef(at);
  useLayoutEffect(() => {
    place.current = at;
  }, [at]);
  useLayoutEffect(() => {
    const element = line.current;
    return () => {
      if (element?.contains(document.activeElement)) onFocusLost(place.current);
    };
  }, [onFocusLost]);
  return (
    <li
      ref={line}
      data-line={at}
      data-key={entry.key}
      draggable={movable}
      aria-posinset={at + 1}
      aria-setsize={of}
      style={{ transform: `translateY(${start}px)`, height }}
      className="absolute inset-x-0 top-0 contain-layout contain-size contain-style"
    >
      <Content {...props} />
    </li>
  );
});

function Content({ entry, ...props }: Props) {
  switch (entry.kind) {
    case 'pinned':
      return <h2 className="px-2 pt-1 text-xs font-medium text-ink-3">Pinned</h2>;
    case 'empty':
      return <p className="py-0.5 pl-7 text-xs text-ink-3">No sessions yet</p>;
    case 'session':
      return entry.pinned ? (
        <PinnedLine entry={entry} {...props} />
      ) : (
        <SessionLine entry={entry} {...props} />
      );
    case 'project':
      return <ProjectLine entry={entry} {...props} />;
    default: {
      const _exhaustive: never = entry;
      return _exhaustive;
    }
  }
}

type Line<Kind extends Entry['kind']> = Omit<Props, 'entry'> & {
  entry: Extract<Entry, { kind: Kind }>;
};

function SessionLine(props: Line<'session'> & { project?: string | undefined }) {
  const { entry, viewed, tabbable, waiting, project } = props;
  const [at, place] = entry.place;
  const session = useShown(({ rows }) => rows[at]?.sessions[place]);
  return session && <SessionRow {...{ session, viewed, tabbable, waiting, project }} />;
}

/** It does not stand under its project, and says whose it is. */
function PinnedLine(props: Line<'session'>) {
  const project = useShown(({ rows }) => rows[props.entry.place[0]]?.name);
  return <SessionLine {...props} project={project} />;
}

function ProjectLine({ entry, viewed, tabbable, waiting, onNewSession }: Line<'project'>) {
  const project = useShown(({ rows }) => rows[entry.place]);
  if (!project) return null;
  const inside = entry.open ? undefined : mostUrgent(project);
  return (
    <div className="pt-1">
      <ProjectRow
        project={project}
        open={entry.open}
        selected={viewed}
        tabbable={tabbable}
        waiting={waiting}
        inside={inside}
        insideCount={inside ? tallyOf(project)[inside] : 0}
        onToggle={listView.toggleCollapsed}
        onNewSession={onNewSession}
      />
    </div>
  );
}

function mostUrgent(project: ProjectWithSessions) {
  const tally = tallyOf(project);
  return (['waiting', 'error', 'working'] as const).find((kind) => tally[kind] > 0);
}

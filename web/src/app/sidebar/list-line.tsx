import { memo, useLayoutEffect, useRef } from 'react';
import { ProjectRow } from '@/features/projects/components/project-row';
import { SessionRow } from '@/features/sessions/components/session-row';
import { tallyOf } from '@/features/sessions/tally';
import type { Rows } from '@/shared/rows/rows';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import type { Entry } from './outline';
import { listView } from './view-state';

interface Props {
  entry: Entry;
  /** The newest version of what stands there. */
  project: ProjectWithSessions | undefined;
  session: SessionResponse | undefined;
  /** The project's name, where the line does not stand under it. */
  from: string | undefined;
  at: number;
  of: number;
  start: number;
  height: number;
  movable: boolean;
  viewed: boolean;
  tabbable: boolean;
  waiting: boolean;
  onNewSession: (projectId: string) => void;
  /** It leaves the page, and the focus was in it. */
  onFocusLost: (at: number) => void;
}

/** One line. The list renders with every change; a line, only if its row is another one. */
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

function Content({ entry, project, session, ...props }: Props) {
  const { viewed, tabbable, waiting, from, onNewSession } = props;
  switch (entry.kind) {
    case 'pinned':
      return <h2 className="px-2 pt-1 text-xs font-medium text-ink-3">Pinned</h2>;
    case 'empty':
      return <p className="py-0.5 pl-7 text-xs text-ink-3">No sessions yet</p>;
    case 'session':
      return session && <SessionRow {...{ session, viewed, tabbable, waiting, project: from }} />;
    case 'project': {
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
    default: {
      const _exhaustive: never = entry;
      return _exhaustive;
    }
  }
}

function mostUrgent(project: ProjectWithSessions) {
  const tally = tallyOf(project);
  return (['waiting', 'error', 'working'] as const).find((kind) => tally[kind] > 0);
}

/** What stands in a line, as it is now. */
export function rowsOf(rows: Rows, entry: Entry) {
  if (entry.kind === 'project') {
    return { project: rows[entry.place], session: undefined, from: undefined };
  }
  if (entry.kind !== 'session') return { project: undefined, session: undefined, from: undefined };
  const project = rows[entry.place[0]];
  const session = project?.sessions[entry.place[1]];
  return { project: undefined, session, from: entry.pinned ? project?.name : undefined };
}

import { ProjectRow } from '@/features/projects/components/project-row';
import { SessionRow } from '@/features/sessions/components/session-row';
import { tallyOf } from '@/features/sessions/tally';
import type { Rows } from '@/shared/rows/rows';
import type { ProjectWithSessions } from '@/shared/websocket';
import type { Entry } from './outline';
import { listView } from './view-state';

interface Props {
  entry: Entry;
  rows: Rows;
  viewed: boolean;
  tabbable: boolean;
  waiting: boolean;
  onNewSession: (projectId: string) => void;
}

/** One line: it takes the newest row from its place, and that renders only if it is another one. */
export function ListLine({ entry, rows, viewed, tabbable, waiting, onNewSession }: Props) {
  switch (entry.kind) {
    case 'pinned':
      return <h2 className="px-2 pt-1 text-xs font-medium text-ink-3">Pinned</h2>;
    case 'empty':
      return <p className="py-0.5 pl-7 text-xs text-ink-3">No sessions yet</p>;
    case 'session': {
      const project = rows[entry.place[0]];
      const session = project?.sessions[entry.place[1]];
      if (!session) return null;
      const name = entry.pinned ? project.name : undefined;
      return <SessionRow {...{ session, viewed, tabbable, waiting, project: name }} />;
    }
    case 'project': {
      const project = rows[entry.place];
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

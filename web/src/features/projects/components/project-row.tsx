import { ChevronRight, Pin, Plus } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'react-router';
import { IconButton } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import type { ProjectResponse } from '@/shared/websocket';
import { ProjectMenu } from './project-menu';

const looks = { waiting: 'text-waiting', error: 'text-danger', working: 'text-working' };
const texts = { waiting: 'need you', error: 'failed', working: 'working' };

interface Props {
  project: ProjectResponse;
  open: boolean;
  selected: boolean;
  tabbable: boolean;
  /** A change of it is on its way. */
  waiting: boolean;
  /** Of a closed one: the most urgent state of its sessions, and how many are in it. */
  inside: keyof typeof looks | undefined;
  insideCount: number;
  onToggle: (id: string) => void;
  onNewSession: (projectId: string) => void;
}

/** A project in the sidebar; its sessions are rows of their own, below. */
export const ProjectRow = memo(function ProjectRow(props: Props) {
  const { project, open, selected, tabbable, waiting, onToggle, onNewSession } = props;
  const tabIndex = tabbable ? undefined : -1;
  return (
    <div
      data-testid="project-group"
      data-project-id={project.id}
      data-waiting={waiting || undefined}
      className={cn(
        'group flex h-8 pointer-coarse:h-11 items-center gap-0.5 rounded-md pr-1.5 pl-0.5 pointer-coarse:pr-0',
        selected ? 'bg-selected' : 'hover:bg-hover',
        waiting && 'opacity-60',
      )}
    >
      <IconButton
        label={`${open ? 'Hide' : 'Show'} the sessions of ${project.name}`}
        aria-expanded={open}
        tabIndex={tabIndex}
        onClick={() => onToggle(project.id)}
        className="size-6 pointer-coarse:-mr-1.5 pointer-coarse:-ml-2.5 pointer-coarse:size-11"
      >
        <ChevronRight className={cn('size-3.5 transition-transform', open && 'rotate-90')} />
      </IconButton>
      <Link
        to={`/projects/${project.id}`}
        data-row-link
        draggable={false}
        tabIndex={tabbable ? 0 : -1}
        title={project.path}
        aria-current={selected ? 'page' : undefined}
        className="min-w-0 grow truncate rounded-md py-1 pointer-coarse:py-3 text-ui font-semibold"
      >
        {project.name}
      </Link>
      {project.pinned_at && <Pin aria-label="Pinned" className="size-3 shrink-0 text-ink-3" />}
      <Inside kind={props.inside} count={props.insideCount} />
      <ProjectMenu
        project={project}
        tabbable={tabbable}
        className="size-6 pointer-coarse:size-11 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 aria-expanded:opacity-100 pointer-coarse:opacity-100"
      />
      <IconButton
        label={`New session in ${project.name}`}
        tabIndex={tabIndex}
        onClick={() => onNewSession(project.id)}
        className="size-6 pointer-coarse:size-11"
      >
        <Plus className="size-4" />
      </IconButton>
    </div>
  );
}, sameLook);

/** The sessions are in the project, and do not belong to this row: their changes do not render it. */
function sameLook(before: Props, after: Props): boolean {
  const { project: old, ...rest } = before;
  const { project, ...now } = after;
  const same = (Object.keys(now) as (keyof typeof now)[]).every((key) => rest[key] === now[key]);
  return same && old.rev === project.rev && old.name === project.name;
}

function Inside({ kind, count }: { kind: Props['inside']; count: number }) {
  if (!kind) return null;
  return (
    <span
      data-testid="project-summary"
      data-state-kind={kind}
      title={`${count} ${texts[kind]}`}
      className={cn(
        'inline-flex shrink-0 items-center gap-1 px-1 text-tiny tabular-nums',
        looks[kind],
      )}
    >
      <span aria-hidden className="size-1.5 rounded-full bg-current" />
      {count}
      <span className="sr-only"> {texts[kind]}</span>
    </span>
  );
}

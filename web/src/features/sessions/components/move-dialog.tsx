import { useQueryClient } from '@tanstack/react-query';
import { Folder } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Dialog } from '@/components/ui/dialog';
import { Field } from '@/components/ui/field';
import { moveSession } from '@/shared/rows/move';
import { shownProjects } from '@/shared/rows/order';
import { readRows } from '@/shared/rows/pending';
import type { ProjectResponse, SessionResponse } from '@/shared/websocket';
import { useSessionChanges } from '../row-mutations';

interface Props {
  session: SessionResponse;
  onClose: () => void;
}

/** Where a session belongs from now on: its agent works in that directory then. */
export default function MoveDialog({ session, onClose }: Props) {
  const client = useQueryClient();
  const { move } = useSessionChanges();
  const [search, setSearch] = useState('');
  const rows = readRows(client);
  const others = shownProjects(rows).filter((project) => project.id !== session.project_id);
  const wanted = search.trim().toLowerCase();
  const found = others.filter(({ name, path }) => `${name} ${path}`.toLowerCase().includes(wanted));
  const choose = (project: ProjectResponse | undefined) => {
    const moved = project && moveSession(rows, session.id, { projectId: project.id, after: null });
    if (!moved) return;
    move(session, moved);
    onClose();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    choose(found[0]);
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Move “${session.name}”`}
      description="Its next turn runs in the directory of the project that you choose."
    >
      <form className="mt-4" onSubmit={onSubmit}>
        <Field
          label="Project"
          placeholder="Search by name or directory"
          autoFocus
          autoComplete="off"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </form>
      <ul aria-label="Projects" className="mt-2 max-h-72 overflow-y-auto">
        {found.map((project) => (
          <li key={project.id}>
            <button
              type="button"
              onClick={() => choose(project)}
              className="flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-left text-ui hover:bg-hover pointer-coarse:min-h-11"
            >
              <Folder aria-hidden className="size-3.5 shrink-0 text-ink-3" />
              <span className="truncate">{project.name}</span>
              <span className="min-w-16 grow basis-0 truncate font-mono text-xs text-ink-3">
                {project.path}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <p role="status" className="mt-2 px-2 text-ui text-ink-3">
          {others.length === 0 ? 'There is no other project.' : 'No project has that in its name.'}
        </p>
      )}
    </Dialog>
  );
}

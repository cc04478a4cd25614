import { Folder, FolderPlus } from 'lucide-react';
import { messageOf } from '@/lib/errors';
import type { ProjectResponse } from '@/shared/websocket';
import { useDirectories } from '../directories';
import { useCreateProject } from '../mutations';
import { AddProjectForm } from './add-project-form';

/** More of them are found below, by typing. */
const SUGGESTED = 6;

/** There is no project yet: one click on a directory of the home makes the first. */
export function FirstProject({ onAdded }: { onAdded: (project: ProjectResponse) => void }) {
  const { data } = useDirectories('~');
  const create = useCreateProject();
  const suggested = (data?.directories ?? [])
    .filter(({ name }) => !name.startsWith('.'))
    .slice(0, SUGGESTED);
  return (
    <section className="w-full max-w-md py-6">
      <FolderPlus aria-hidden className="size-8 text-accent-text" strokeWidth={1.5} />
      <h1 className="mt-4 text-xl font-semibold tracking-tight">Add your first project</h1>
      <p className="mt-1.5 text-ink-2">
        A project is a directory in which agents work. Every session in it shows here what it is
        doing, as it happens.
      </p>
      {suggested.length > 0 && (
        <>
          <h2 className="mt-5 text-ui font-medium">In your home</h2>
          <ul className="mt-1.5 grid gap-1.5 sm:grid-cols-2" aria-label="Directories in your home">
            {suggested.map(({ name, path }) => (
              <li key={path}>
                <button
                  type="button"
                  disabled={create.isPending}
                  onClick={() => create.mutate({ path }, { onSuccess: onAdded })}
                  title={`Make ${path} a project`}
                  className="flex h-9 w-full items-center gap-2 rounded-md border border-line-strong bg-raised px-3 text-left text-ui hover:bg-hover disabled:opacity-60 pointer-coarse:h-11"
                >
                  <Folder aria-hidden className="size-4 shrink-0 text-ink-3" />
                  <span className="truncate">{name}</span>
                </button>
              </li>
            ))}
          </ul>
          {create.error && (
            <p role="alert" className="mt-1.5 text-xs wrap-anywhere text-danger">
              {messageOf(create.error)}
            </p>
          )}
          <h2 className="mt-5 text-ui font-medium">Or another one</h2>
        </>
      )}
      <AddProjectForm projects={[]} onAdded={onAdded} />
    </section>
  );
}

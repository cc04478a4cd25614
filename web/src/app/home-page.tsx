import { FolderPlus } from 'lucide-react';
import { Navigate } from 'react-router';
import { AddProjectForm } from '@/features/projects/components/add-project-form';
import { usePage } from './page-context';
import { TopBar } from './top-bar';
import { lastProject } from './use-shell';

/** Leads to the project one was in last; to the first one there is; or to adding one. */
export function HomePage() {
  const { projects, newSession } = usePage();
  const last = projects.find((project) => project.id === lastProject()) ?? projects[0];
  if (last) return <Navigate to={`/projects/${last.id}`} replace />;
  return (
    <>
      <TopBar />
      <div className="grid min-h-0 grow place-items-center overflow-y-auto p-6">
        <section className="w-full max-w-md">
          <FolderPlus aria-hidden className="size-8 text-accent-text" strokeWidth={1.5} />
          <h1 className="mt-4 text-xl font-semibold tracking-tight">Add your first project</h1>
          <p className="mt-1.5 text-ink-2">
            A project is a directory in which agents work. Every session in it shows here what it is
            doing, as it happens.
          </p>
          <AddProjectForm projects={projects} onAdded={(project) => newSession(project.id)} />
        </section>
      </div>
    </>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { lazy } from 'react';
import { Navigate } from 'react-router';
import { readRows } from '@/shared/rows/pending';
import { usePage } from './page-context';
import { TopBar } from './top-bar';
import { lastProject } from './use-shell';

const FirstProject = lazy(async () => ({
  default: (await import('@/features/projects/components/first-project')).FirstProject,
}));

/** Leads to the project one was in last; to the first one there is; or to adding one. */
export function HomePage() {
  const { newSession } = usePage();
  const last = lastProject(readRows(useQueryClient()));
  if (last) return <Navigate to={`/projects/${last.id}`} replace />;
  return (
    <>
      <TopBar />
      <div className="grid min-h-0 grow place-items-center overflow-y-auto px-6">
        <FirstProject onAdded={(project) => newSession(project.id)} />
      </div>
    </>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import { Navigate } from 'react-router';
import { lazyPart } from '@/lib/part';
import { readRows } from '@/shared/rows/pending';
import { usePage } from './page-context';
import { TopBar } from './top-bar';
import { lastProject } from './use-shell';

const FirstProject = lazyPart(async () => ({
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

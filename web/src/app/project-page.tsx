import { useParams } from 'react-router';
import { useProject } from '@/features/projects/queries';
import { DraftSession } from '@/features/sessions/components/draft-session';
import { ProjectUsage } from '@/features/sessions/components/project-usage';
import { LostPage } from './lost-page';
import { TopBar } from './top-bar';

/** A project: the composer of its next session. */
export function ProjectPage() {
  const { projectId } = useParams();
  const project = useProject(projectId);
  if (!project) return <LostPage what="project" />;
  return (
    <>
      <TopBar>
        <h1 className="truncate text-sm font-semibold">{project.name}</h1>
        <span className="hidden truncate font-mono text-xs text-ink-3 sm:block">
          {project.path}
        </span>
        <ProjectUsage sessions={project.sessions} />
      </TopBar>
      <div className="flex min-h-0 grow flex-col justify-end sm:justify-center">
        <div className="mx-auto w-full max-w-2xl px-4 pb-[max(1rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-[14vh]">
          <h2 className="mb-4 px-1 text-xl font-semibold tracking-tight">
            New session in {project.name}
          </h2>
          <DraftSession
            key={project.id}
            projectId={project.id}
            first={project.sessions.length === 0}
          />
        </div>
      </div>
    </>
  );
}

import { useEffect } from 'react';
import { useLocation, useParams } from 'react-router';
import { useProject, useSession } from '@/features/projects/queries';
import { sections } from '@/features/settings/sections';
import { setPageTitle } from '@/lib/page-title';

/** The tab is called after what is on the screen. */
export function usePageTitle(): void {
  const { projectId, sessionId, section } = useParams();
  const { pathname } = useLocation();
  const project = useProject(projectId);
  const session = useSession(sessionId);
  const settings = sections.find(({ id }) => id === section)?.name ?? 'Settings';
  const inSettings = pathname.startsWith('/settings');
  const name = session?.name ?? project?.name ?? (inSettings ? settings : '');
  useEffect(() => setPageTitle(name), [name]);
}

import { useEffect } from 'react';
import { useLocation, useParams } from 'react-router';
import { sections } from '@/features/settings/sections';
import { setPageTitle } from '@/lib/page-title';
import type { ProjectWithSessions } from '@/shared/websocket';

/** The tab is called after what is on the screen. */
export function usePageTitle(projects: readonly ProjectWithSessions[]): void {
  const { projectId, sessionId, section } = useParams();
  const { pathname } = useLocation();
  const project = projects.find((row) => row.id === projectId);
  const session = project?.sessions.find((row) => row.id === sessionId);
  const settings = sections.find(({ id }) => id === section)?.name ?? 'Settings';
  const inSettings = pathname.startsWith('/settings');
  const name = session?.name ?? project?.name ?? (inSettings ? settings : '');
  useEffect(() => setPageTitle(name), [name]);
}

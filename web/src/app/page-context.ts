import { useOutletContext } from 'react-router';
import type { ProjectWithSessions } from '@/shared/websocket';

/** What the layout has for the pages in it. */
export interface PageContext {
  projects: readonly ProjectWithSessions[];
  openSidebar: () => void;
  addProject: () => void;
  newSession: (projectId?: string) => void;
}

export const usePage = () => useOutletContext<PageContext>();

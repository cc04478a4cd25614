import { useOutletContext } from 'react-router';
import type { ProjectWithSessions } from '@/shared/websocket';
import type { Shell } from './use-shell';

/** What the frame has for the pages in it. */
export interface PageContext extends Shell {
  projects: readonly ProjectWithSessions[];
}

export const usePage = () => useOutletContext<PageContext>();

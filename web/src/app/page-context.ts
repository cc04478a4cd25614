import { useOutletContext } from 'react-router';

/** What the layout has for the pages in it. The rows come by useProject and useSession. */
export interface PageContext {
  openSidebar: () => void;
  addProject: () => void;
  newSession: (projectId?: string) => void;
}

export const usePage = () => useOutletContext<PageContext>();

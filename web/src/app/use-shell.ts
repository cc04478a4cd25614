import { useCallback, useEffect, useState } from 'react';
import { useLocation, useNavigate, useParams } from 'react-router';
import { storage } from '@/lib/storage';
import type { ProjectWithSessions } from '@/shared/websocket';

export const lastProject = () => storage.get('last-project');

/** What the frame remembers: whether the sheet or the dialog is open, and where "new session" leads. */
export function useShell(projects: readonly ProjectWithSessions[]) {
  const [adding, setAdding] = useState(false);
  const [sheetAt, setSheetAt] = useState<string | null>(null);
  const navigate = useNavigate();
  const { projectId } = useParams();
  const { key } = useLocation();
  useEffect(() => {
    if (projectId) storage.set('last-project', projectId);
  }, [projectId]);
  const known = (id: string | null | undefined) =>
    projects.find((project) => project.id === id)?.id;
  const fallback = known(projectId) ?? known(lastProject()) ?? projects[0]?.id;
  const newSession = useCallback(
    (id?: string) => {
      const target = id ?? fallback;
      if (!target) return setAdding(true);
      setSheetAt(null);
      void navigate(`/projects/${target}`);
    },
    [fallback, navigate],
  );
  return {
    adding,
    setAdding,
    addProject: useCallback(() => setAdding(true), []),
    // The sheet belongs to the place where it was opened: going elsewhere closes it.
    sheetOpen: sheetAt === key,
    setSheetOpen: (open: boolean) => setSheetAt(open ? key : null),
    openSidebar: () => setSheetAt(key),
    newSession,
  };
}

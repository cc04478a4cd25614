import { useCallback, useEffect, useState } from 'react';
import { useLocation, useNavigate, useParams } from 'react-router';
import { useIsPhone } from '@/lib/media';
import { noteRecent } from '@/lib/recent';
import { storage } from '@/lib/storage';
import type { ProjectWithSessions } from '@/shared/websocket';

export const lastProject = () => storage.get('last-project');

export type Overlay = 'palette' | 'help' | 'add-project';
export type Shell = ReturnType<typeof useShell>;

/** What the frame remembers: what is open over the page, and where "new session" leads. */
export function useShell(projects: readonly ProjectWithSessions[]) {
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const [sheetAt, setSheetAt] = useState<string | null>(null);
  const [hidden, setHidden] = useState(() => storage.get('sidebar') === 'hidden');
  const phone = useIsPhone();
  const navigate = useNavigate();
  const { projectId, sessionId } = useParams();
  const { key } = useLocation();
  useEffect(() => {
    if (projectId) storage.set('last-project', projectId);
    if (sessionId) noteRecent(sessionId);
  }, [projectId, sessionId]);
  const known = (id: string | null | undefined) =>
    projects.find((project) => project.id === id)?.id;
  const fallback = known(projectId) ?? known(lastProject()) ?? projects[0]?.id;
  const newSession = useCallback(
    (id?: string) => {
      const target = id ?? fallback;
      if (!target) return setOverlay('add-project');
      setSheetAt(null);
      void navigate(`/projects/${target}`);
    },
    [fallback, navigate],
  );
  // The sheet belongs to the place where it was opened: going elsewhere closes it.
  const sheetOpen = sheetAt === key;
  const setSheetOpen = (open: boolean) => setSheetAt(open ? key : null);
  const hide = (next: boolean) => {
    storage.set('sidebar', next ? 'hidden' : null);
    setHidden(next);
  };
  return {
    overlay,
    setOverlay,
    addProject: useCallback(() => setOverlay('add-project'), []),
    sheetOpen,
    setSheetOpen,
    /** On a phone it is a sheet, and never beside the page. */
    sidebarHidden: hidden,
    openSidebar: () => (phone ? setSheetAt(key) : hide(false)),
    toggleSidebar: () => (phone ? setSheetOpen(!sheetOpen) : hide(!hidden)),
    newSession,
  };
}

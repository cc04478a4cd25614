import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { useLocation, useNavigate, useParams } from 'react-router';
import { useIsPhone } from '@/lib/media';
import { noteRecent } from '@/lib/recent';
import { storage } from '@/lib/storage';
import { shownProjects } from '@/shared/rows/order';
import { findProject, type Rows } from '@/shared/rows/rows';
import { readRows } from '@/shared/rows/pending';

/** The project one was in last, or the first one there is. */
export function lastProject(rows: Rows, current?: string) {
  const known = (id: string | null | undefined) => findProject(rows, id ?? '');
  return known(current) ?? known(storage.get('last-project')) ?? shownProjects(rows)[0];
}

export type Overlay = 'palette' | 'help' | 'add-project';
export type Shell = ReturnType<typeof useShell>;

/** What the frame remembers: what is open over the page, and where "new session" leads. */
export function useShell() {
  const client = useQueryClient();
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
  const newSession = useCallback(
    (id?: string) => {
      const target = id ?? lastProject(readRows(client), projectId)?.id;
      if (!target) return setOverlay('add-project');
      setSheetAt(null);
      void navigate(`/projects/${target}`);
    },
    [client, projectId, navigate],
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

import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { useLocation, useNavigate, useParams } from 'react-router';
import { storage } from '@/lib/storage';
import { shownProjects } from '@/shared/rows/order';
import { findProject, type Rows } from '@/shared/rows/rows';
import { readRows } from '@/shared/rows/pending';

/** The project one was in last, or the first one there is. */
export function lastProject(rows: Rows, current?: string) {
  const known = (id: string | null | undefined) => findProject(rows, id ?? '');
  return known(current) ?? known(storage.get('last-project')) ?? shownProjects(rows)[0];
}

/** What the frame remembers: whether the sheet or the dialog is open, and where "new session" leads. */
export function useShell() {
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [sheetAt, setSheetAt] = useState<string | null>(null);
  const navigate = useNavigate();
  const { projectId } = useParams();
  const { key } = useLocation();
  useEffect(() => {
    if (projectId) storage.set('last-project', projectId);
  }, [projectId]);
  const newSession = useCallback(
    (id?: string) => {
      const target = id ?? lastProject(readRows(client), projectId)?.id;
      if (!target) return setAdding(true);
      setSheetAt(null);
      void navigate(`/projects/${target}`);
    },
    [client, projectId, navigate],
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

import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { Palette } from '@/features/palette/components/palette';
import { recentSessions } from '@/lib/recent';
import type { ShortcutId } from '@/lib/shortcuts';
import type { ProjectWithSessions } from '@/shared/websocket';
import { actionEntries } from './palette-actions';
import { rowEntries } from './palette-entries';

interface Props {
  projects: readonly ProjectWithSessions[];
  runShortcut: (id: ShortcutId) => void;
  addProject: () => void;
  onClose: () => void;
}

/** Shows the rows as they were when it was opened: what is being chosen does not move. */
export default function CommandPalette({ projects, runShortcut, addProject, onClose }: Props) {
  const navigate = useNavigate();
  const { sessionId: current } = useParams();
  const go = (path: string) => void navigate(path);
  const [entries] = useState(() => [
    ...rowEntries({ projects, recent: recentSessions(), current, go }),
    ...actionEntries({ runShortcut, addProject, go }),
  ]);
  return <Palette entries={entries} onClose={onClose} />;
}

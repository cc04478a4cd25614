import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { useUnverifiedSince } from '@/features/connection/use-connection';
import { Palette } from '@/features/palette/components/palette';
import { useMarkAsRead } from '@/features/sessions/row-mutations';
import { recentSessions } from '@/lib/recent';
import type { ShortcutId } from '@/lib/shortcuts';
import { readRows } from '@/shared/rows/pending';
import { actionEntries } from './palette-actions';
import { rowEntries } from './palette-entries';
import { takeTypedAhead } from './typed-ahead';

interface Props {
  runShortcut: (id: ShortcutId) => void;
  addProject: () => void;
  onClose: () => void;
}

/** The rows stand as they did when it was opened: what is being chosen does not move. */
export default function CommandPalette({ runShortcut, addProject, onClose }: Props) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const read = useMarkAsRead();
  const { sessionId: current } = useParams();
  const go = (path: string) => void navigate(path);
  const [entries] = useState(() => [
    ...rowEntries({ projects: readRows(client), recent: recentSessions(), current, go }),
    ...actionEntries({ runShortcut, addProject, markAllRead: read.all, go }),
  ]);
  const unverified = useUnverifiedSince() !== null;
  return <Palette {...{ entries, unverified, onClose }} takeTyped={takeTypedAhead} />;
}

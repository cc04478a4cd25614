import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';
import { Attention } from '@/features/attention/components/attention';
import { AttentionHint } from '@/features/attention/components/attention-hint';
import { useIsPartial, useProjects } from '@/features/projects/queries';
import type { ProjectWithSessions } from '@/shared/websocket';

const none: ProjectWithSessions[] = [];
const useRows = () => useProjects(useQueryClient()).data ?? none;

/** Each has the rows for itself, so that a change of one renders nothing else. */
export function AttentionHere() {
  const navigate = useNavigate();
  const { sessionId } = useParams();
  return (
    <Attention
      rows={useRows()}
      partial={useIsPartial()}
      sessionId={sessionId}
      onOpen={(path) => void navigate(path)}
    />
  );
}

export function AttentionHintHere() {
  return <AttentionHint rows={useRows()} />;
}

export { AttentionMenuItems as MenuItemsHere } from '@/features/attention/components/attention-menu-items';

import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';
import { Attention } from '@/features/attention/components/attention';
import { AttentionHint } from '@/features/attention/components/attention-hint';
import { useProjects } from '@/features/projects/queries';
import type { ProjectWithSessions } from '@/shared/websocket';

const none: ProjectWithSessions[] = [];

/** Renders with every change of a row, so that the frame does not. */
export function LiveAttention() {
  const { data: rows = none } = useProjects(useQueryClient());
  const { sessionId } = useParams();
  const navigate = useNavigate();
  return <Attention rows={rows} sessionId={sessionId} onOpen={(path) => void navigate(path)} />;
}

export function LiveHint() {
  const { data: rows = none } = useProjects(useQueryClient());
  return <AttentionHint rows={rows} />;
}

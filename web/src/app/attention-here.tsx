import { useNavigate, useParams } from 'react-router';
import { Attention } from '@/features/attention/components/attention';
import { AttentionHint } from '@/features/attention/components/attention-hint';
import { isAnyWorking } from '@/features/attention/standing';
import { useUnverifiedSince } from '@/features/connection/use-connection';
import { useRows } from '@/shared/rows/use-view';

export function AttentionHere() {
  const navigate = useNavigate();
  const { sessionId } = useParams();
  const verified = useUnverifiedSince() === null;
  const open = (path: string) => void navigate(path);
  return <Attention sessionId={sessionId} verified={verified} onOpen={open} />;
}

export function AttentionHintHere() {
  return <AttentionHint working={useRows(isAnyWorking) ?? false} />;
}

export { AttentionMenuItems as MenuItemsHere } from '@/features/attention/components/attention-menu-items';

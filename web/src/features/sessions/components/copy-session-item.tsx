import { useQueryClient } from '@tanstack/react-query';
import { ClipboardType } from 'lucide-react';
import { MenuItem } from '@/components/ui/menu';
import { fetchPart } from '@/lib/part';
import type { SessionResponse } from '@/shared/websocket';
import { useAgentName } from '../use-agent-name';

/** In a session's menu: all that was said, as Markdown on the clipboard. */
export function CopySessionItem({ session }: { session: SessionResponse }) {
  const client = useQueryClient();
  const agent = useAgentName(session.agent);
  const copy = async () => {
    const { copySession } = await fetchPart(() => import('../copy-session'));
    await copySession(client, session, agent);
  };
  return (
    <MenuItem icon={<ClipboardType className="size-3.5" />} onSelect={() => void copy()}>
      Copy as Markdown
    </MenuItem>
  );
}

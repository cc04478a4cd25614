import type { SessionResponse } from '@/shared/websocket';
import { useSessionDetail } from '../queries';
import type { FindState } from '../use-find';
import { useMarkRead } from '../use-mark-read';
import { usePending } from '../use-send-message';
import { useSessionWebSocket } from '../use-session-web-socket';
import { useAgentName } from '../use-agent-name';
import { PermissionList } from './permission-list';
import { QueueList } from './queue-list';
import { SessionComposer } from './session-composer';
import { Transcript } from './transcript';

/** One session: what was said, what waits, and where one goes on. Mounted anew for each session. */
export function SessionView({ session, find }: { session: SessionResponse; find: FindState }) {
  useSessionWebSocket(session.id);
  useMarkRead(session);
  const { data: detail } = useSessionDetail(session.id);
  const pending = usePending(session.id);
  const agent = useAgentName(session.agent);
  return (
    <div className="flex min-h-0 grow flex-col">
      <Transcript
        session={session}
        agentName={agent}
        detail={detail}
        pending={pending}
        find={find}
      />
      <div className="mx-auto w-full max-w-3xl px-4 pb-[max(1rem,env(safe-area-inset-bottom))] sm:px-6">
        <PermissionList permissions={detail?.permissions ?? []} agent={agent} />
        <QueueList queue={detail?.queue ?? []} session={session} />
        <SessionComposer session={session} detail={detail} />
      </div>
    </div>
  );
}

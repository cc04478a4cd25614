import { useMemo } from 'react';
import { useLocation } from 'react-router';
import type { SessionResponse } from '@/shared/websocket';
import { commandsOf } from '../commands';
import { drafts, sessionDraft } from '../drafts';
import { type Image, noImagesText } from '../images';
import { useAgent, useSessionDetail } from '../queries';
import type { FindState } from '../use-find';
import { useMarkRead } from '../use-mark-read';
import { sendMessage, usePending } from '../use-send-message';
import { useSessionWebSocket } from '../use-session-web-socket';
import { useAgentName } from '../use-agent-name';
import { AgentIcon } from './agent-icon';
import { Composer } from './composer';
import { PermissionList } from './permission-list';
import { QueueList } from './queue-list';
import { Transcript } from './transcript';

/** One session: what was said, what waits, and where one goes on. Mounted anew for each session. */
export function SessionView({ session, find }: { session: SessionResponse; find: FindState }) {
  useSessionWebSocket(session.id);
  useMarkRead(session);
  const { data: detail } = useSessionDetail(session.id);
  const pending = usePending(session.id);
  const { key: focusKey } = useLocation();
  const agent = useAgentName(session.agent);
  const known = useAgent(session.agent);
  const commands = useMemo(() => commandsOf(session.metadata), [session.metadata]);
  const draftKey = sessionDraft(session.id);
  const onSend = (text: string, images: readonly Image[]) => {
    drafts.clear(draftKey);
    sendMessage(session.id, text, images);
  };
  const placeholder = session.agent === 'shell' ? 'Run a shell command…' : `Message ${agent}…`;
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
        <Composer
          draftKey={draftKey}
          focusKey={focusKey}
          placeholder={session.state === 'working' ? `Queue a message for ${agent}…` : placeholder}
          onSend={onSend}
          noImages={noImagesText(known)}
          commands={commands}
        >
          <span className="inline-flex items-center gap-1.5 px-1.5 text-[13px] text-ink-3">
            <AgentIcon agent={session.agent} icon={known?.icon} className="size-3.5" />
            {agent}
          </span>
        </Composer>
      </div>
    </div>
  );
}

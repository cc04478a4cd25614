import { useMemo } from 'react';
import { useLocation } from 'react-router';
import type { SessionResponse } from '@/shared/websocket';
import type { SessionDetail } from '../channel';
import { commandsOf } from '../commands';
import { drafts, sessionDraft } from '../drafts';
import { promptsOf } from '../history';
import { type Image, noImagesText } from '../images';
import { mentionStyle } from '../mentions';
import { promptLimit, queueRefusal } from '../prompt-limits';
import { useAgent } from '../queries';
import { useAgentName } from '../use-agent-name';
import { useInterrupt } from '../use-interrupt';
import { sendMessage } from '../use-send-message';
import { AgentIcon } from './agent-icon';
import { Composer } from './composer';

interface Props {
  session: SessionResponse;
  detail: SessionDetail | undefined;
}

const noMessages: SessionDetail['messages'] = [];

/** Where one goes on with a session. */
export function SessionComposer({ session, detail }: Props) {
  const { id, project_id: projectId, metadata } = session;
  const { key: focusKey } = useLocation();
  const name = useAgentName(session.agent);
  const agent = useAgent(session.agent);
  const commands = useMemo(() => commandsOf(metadata), [metadata]);
  const messages = detail?.messages ?? noMessages;
  const prompts = useMemo(() => promptsOf(messages), [messages]);
  const notice = useInterrupt(session);
  const working = session.state === 'working';
  const draftKey = sessionDraft(id);
  const onSend = (text: string, images: readonly Image[]) => {
    drafts.clear(draftKey);
    sendMessage(id, text, images);
  };
  const placeholder = session.agent === 'shell' ? 'Run a shell command…' : `Message ${name}…`;
  return (
    <Composer
      draftKey={draftKey}
      focusKey={focusKey}
      placeholder={working ? `Queue a message for ${name}…` : placeholder}
      onSend={onSend}
      blocked={queueRefusal(working, detail?.queue.length ?? 0)}
      noImages={noImagesText(agent)}
      commands={commands}
      files={{ projectId, style: mentionStyle(agent) }}
      prompts={prompts}
      limit={promptLimit(agent)}
      notice={notice}
      {...(working ? { tip: 'Esc twice interrupts' } : {})}
    >
      <span className="inline-flex min-w-0 items-center gap-1.5 px-1.5 text-ui text-ink-3">
        <AgentIcon agent={session.agent} icon={agent?.icon} className="size-3.5 shrink-0" />
        <span className="truncate">{name}</span>
      </span>
    </Composer>
  );
}

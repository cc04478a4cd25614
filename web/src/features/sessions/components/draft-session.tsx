import { useEffect, useRef } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { messageOf } from '@/lib/errors';
import { drafts, projectDraft } from '../drafts';
import { type Image, noImagesText } from '../images';
import { mentionStyle } from '../mentions';
import { useCreateSession } from '../mutations';
import { promptLimit } from '../prompt-limits';
import { useAgentChoice } from '../use-agent-choice';
import { sendMessage, sendOnJoin } from '../use-send-message';
import { AgentPicker } from './agent-picker';
import { Composer } from './composer';
import { ExamplePrompts } from './example-prompts';

interface Props {
  projectId: string;
  /** The project has none yet. */
  first?: boolean;
}

/** A session that is not there yet: the first message makes it. */
export function DraftSession({ projectId, first = false }: Props) {
  const { agents, chosen, choose, problem } = useAgentChoice();
  const create = useCreateSession();
  const navigate = useNavigate();
  const { key: focusKey } = useLocation();
  const draftKey = projectDraft(projectId);
  const here = useRef(false);
  useEffect(() => {
    here.current = true;
    return () => void (here.current = false);
  }, []);
  const onSend = (text: string, images: readonly Image[]) => {
    if (!chosen) return;
    // Whoever has gone elsewhere meanwhile stays there; the message is sent, or refused beside the draft.
    create.mutateAsync({ projectId, agent: chosen.id }).then(
      (session) => {
        drafts.clear(draftKey);
        if (!here.current) return sendMessage(session.id, text, images);
        sendOnJoin(session.id, text, images);
        void navigate(`/projects/${projectId}/sessions/${session.id}`);
      },
      (error: unknown) => drafts.restore(draftKey, '', messageOf(error)),
    );
  };
  return (
    <>
      <Composer
        draftKey={draftKey}
        focusKey={focusKey}
        busy={create.isPending || !chosen}
        blocked={problem}
        noImages={noImagesText(chosen)}
        files={{ projectId, style: mentionStyle(chosen) }}
        limit={promptLimit(chosen)}
        placeholder={
          chosen?.id === 'shell' ? 'Run a shell command…' : 'What should be done in this project?'
        }
        onSend={onSend}
      >
        <AgentPicker agents={agents} chosen={chosen} onChoose={choose} />
      </Composer>
      {first && chosen && <ExamplePrompts draftKey={draftKey} agents={agents} chosen={chosen} />}
    </>
  );
}

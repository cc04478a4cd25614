import { useLocation, useNavigate } from 'react-router';
import { messageOf } from '@/lib/errors';
import type { SessionResponse } from '@/shared/websocket';
import { drafts, projectDraft } from '../drafts';
import { type Image, noImagesText } from '../images';
import { mentionStyle } from '../mentions';
import { useCreateSession } from '../mutations';
import { promptLimit } from '../prompt-limits';
import { useAgentChoice } from '../use-agent-choice';
import { sendOnJoin } from '../use-send-message';
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
  const onSend = (text: string, images: readonly Image[]) => {
    if (!chosen) return;
    const onSuccess = (session: SessionResponse) => {
      drafts.clear(draftKey);
      sendOnJoin(session.id, text, images);
      void navigate(`/projects/${projectId}/sessions/${session.id}`);
    };
    // Said beside the draft, also to who has gone elsewhere meanwhile and comes back.
    create
      .mutateAsync({ projectId, agent: chosen.id }, { onSuccess })
      .catch((error: unknown) => drafts.restore(draftKey, '', messageOf(error)));
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

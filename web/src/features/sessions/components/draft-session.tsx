import { useLocation, useNavigate } from 'react-router';
import { messageOf } from '@/lib/errors';
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
    create.mutate(
      { projectId, agent: chosen.id },
      {
        onSuccess: (session) => {
          drafts.clear(draftKey);
          sendOnJoin(session.id, text, images);
          void navigate(`/projects/${projectId}/sessions/${session.id}`);
        },
        onError: (error) => drafts.restore(draftKey, '', messageOf(error)),
      },
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

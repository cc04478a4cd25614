import { CornerDownRight } from 'lucide-react';
import { memo } from 'react';
import { cn } from '@/lib/cn';
import { Reveal } from '../reveal';
import type { Row } from '../rows';
import type { Mark } from '../target';
import { Message } from './message';
import { RecordMenu } from './record-menu';
import { TurnLine } from './turn-line';

const indents = ['', 'ml-4 border-l border-line pl-3', 'ml-8 border-l border-line pl-3'];

interface Props {
  row: Row;
  /** Its id: "shell" prints no Markdown. */
  agent: string;
  agentName: string;
  mark: Mark | undefined;
}

/** A record where it belongs, with its menu. */
export const Record = memo(function Record({ row, agent, agentName, mark }: Props) {
  const { message, place, prompt, live, tight } = row;
  const { id, kind, seq, streaming } = message;
  return (
    <div className={tight ? 'pt-1' : 'pt-4'}>
      <div
        role="article"
        aria-label={`${kind === 'user' ? 'You' : agentName}, ${names[kind]}`}
        tabIndex={-1}
        data-testid="message"
        data-id={id}
        data-seq={seq}
        data-kind={kind}
        data-depth={place?.depth}
        className={cn(
          'group/record relative min-w-0 scroll-my-4 rounded-md outline-offset-4',
          mark === 'link' && 'marked',
          mark === 'find' && 'found',
          place && (indents[place.depth] ?? 'ml-12 border-l border-line pl-3'),
        )}
      >
        {place && (
          <p className={place.apart ? 'flex items-center gap-1 text-tiny text-ink-3' : 'sr-only'}>
            <CornerDownRight aria-hidden className="size-3 shrink-0" />
            <span className="truncate">Part of {place.parent}</span>
          </p>
        )}
        <Reveal value={mark === 'find'}>
          <Message message={message} agent={agent} live={live} />
        </Reveal>
        {!streaming && <RecordMenu message={message} agent={agent} />}
      </div>
      {prompt && <TurnLine prompt={prompt} />}
    </div>
  );
});

const names = {
  user: 'message',
  text: 'message',
  thinking: 'thought',
  tool: 'tool call',
  plan: 'plan',
  notice: 'notice',
  error: 'error',
};

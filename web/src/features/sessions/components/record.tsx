import { CornerDownRight } from 'lucide-react';
import type { MessageResponse } from '@/shared/websocket';
import { cn } from '@/lib/cn';
import type { Place } from '../nesting';
import { Message } from './message';
import { RecordMenu } from './record-menu';

const indents = ['', 'ml-4 border-l border-line pl-3', 'ml-8 border-l border-line pl-3'];

interface Props {
  message: MessageResponse;
  agent: string;
  /** It belongs to the turn that runs. */
  live: boolean;
  /** Of a sub-agent's record. */
  place: Place | undefined;
}

/** A record where it belongs, with its menu. */
export function Record({ message, agent, live, place }: Props) {
  // What a person wrote, and what the shell printed, has no lines of a protocol behind it.
  const withMenu = message.kind !== 'user' && agent !== 'shell' && !message.streaming;
  return (
    <div
      data-testid="message"
      data-kind={message.kind}
      data-depth={place?.depth}
      className={cn(
        'group/record relative min-w-0',
        place && (indents[place.depth] ?? 'ml-12 border-l border-line pl-3'),
      )}
    >
      {place && (
        <p className={place.apart ? 'flex items-center gap-1 text-[11px] text-ink-3' : 'sr-only'}>
          <CornerDownRight aria-hidden className="size-3 shrink-0" />
          <span className="truncate">Part of {place.parent}</span>
        </p>
      )}
      <Message message={message} agent={agent} live={live} />
      {withMenu && <RecordMenu id={message.id} />}
    </div>
  );
}

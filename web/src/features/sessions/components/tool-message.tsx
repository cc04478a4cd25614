import { CircleCheck, CircleDashed, CircleX, LoaderCircle } from 'lucide-react';
import { memo, useMemo } from 'react';
import type { MessageResponse } from '@/shared/websocket';
import { changesOf } from '../changes';
import { imagesOf } from '../images';
import { decisionText, toolCall } from '../tool';
import { toolInput } from '../tool-input';
import { Changes } from './changes';
import { Fold } from './fold';
import { ImageStrip } from './image-strip';
import { ToolIcon } from './tool-icon';
import { Part, ToolInput } from './tool-parts';
import { Elapsed } from './working-line';

const marks = {
  running: (
    <LoaderCircle aria-label="running" className="size-3.5 shrink-0 animate-spin text-working" />
  ),
  done: <CircleCheck aria-label="done" className="size-3.5 shrink-0 text-ok" />,
  // Its turn is over, and nothing came.
  left: <CircleDashed aria-label="without a result" className="size-3.5 shrink-0 text-ink-3" />,
  failed: <CircleX aria-label="failed" className="size-3.5 shrink-0 text-danger" />,
};

interface Props {
  message: MessageResponse;
  /** Its turn still runs. */
  live: boolean;
}

/** A tool call: one line, what it changed and showed, and behind it what went in and came out. */
export const ToolMessage = memo(function ToolMessage({ message, live }: Props) {
  const { metadata } = message;
  const call = toolCall(message);
  const changes = useMemo(() => changesOf(metadata?.diffs), [metadata]);
  const input = useMemo(
    () => toolInput(metadata?.input, changes.length > 0),
    [metadata, changes.length],
  );
  const decision = decisionText(metadata);
  const running = call.state === 'running' && live;
  return (
    <>
      <Fold
        icon={<ToolIcon name={call.name} />}
        summary={
          <>
            <span className="truncate font-medium text-ink">{call.name}</span>
            {call.title && (
              <span className="min-w-8 grow basis-0 truncate font-mono text-xs text-ink-3">
                {call.title}
              </span>
            )}
          </>
        }
        end={
          <>
            {decision && (
              <span title={decision.why} className="shrink-0 text-tiny text-ink-3">
                {decision.text}
              </span>
            )}
            {running && (
              <span className="shrink-0 text-tiny text-ink-3">
                <Elapsed since={message.created_at} />
              </span>
            )}
            {marks[call.state === 'running' && !live ? 'left' : call.state]}
          </>
        }
        empty={input.length === 0 && !call.output}
      >
        <ToolInput parts={input} />
        <Part name={call.state === 'failed' ? 'Error' : 'Output'} text={call.output} />
        {decision?.why && <Part name="What the agent was told" text={decision.why} />}
      </Fold>
      <div className="pl-5.5 empty:hidden">
        <Changes changes={changes} />
        <ImageStrip images={imagesOf(metadata?.images)} className="my-1.5" />
      </div>
    </>
  );
});

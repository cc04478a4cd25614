import { CircleCheck, CircleDashed, CircleX, LoaderCircle, Wrench } from 'lucide-react';
import { memo, useMemo } from 'react';
import type { MessageResponse } from '@/shared/websocket';
import { changesOf } from '../changes';
import { imagesOf } from '../images';
import { decisionText, toolCall } from '../tool';
import { Changes } from './changes';
import { Fold } from './fold';
import { ImageStrip } from './image-strip';
import { Output } from './text-message';

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
  const decision = decisionText(metadata);
  return (
    <>
      <Fold
        icon={<Wrench aria-hidden className="size-3.5 shrink-0 text-ink-3" />}
        summary={
          <>
            <span className="shrink-0 font-medium text-ink">{call.name}</span>
            <span className="truncate font-mono text-xs text-ink-3">{call.title}</span>
          </>
        }
        end={
          <>
            {decision && (
              <span title={decision.why} className="shrink-0 text-[11px] text-ink-3">
                {decision.text}
              </span>
            )}
            {marks[call.state === 'running' && !live ? 'left' : call.state]}
          </>
        }
        empty={!call.input && !call.output}
      >
        <Part name="Input" text={call.input} />
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

function Part({ name, text }: { name: string; text: string }) {
  if (text === '') return null;
  return (
    <div className="mt-1.5">
      <div className="mb-1 text-[11px] text-ink-3">{name}</div>
      <div className="max-h-96 overflow-y-auto">
        <Output text={text} />
      </div>
    </div>
  );
}

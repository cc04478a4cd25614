import { CircleCheck, CircleX, LoaderCircle, Wrench } from 'lucide-react';
import { memo } from 'react';
import type { MessageResponse } from '@/shared/websocket';
import { toolCall } from '../tool';
import { Fold } from './fold';
import { Output } from './text-message';

const marks = {
  running: (
    <LoaderCircle aria-label="running" className="size-3.5 shrink-0 animate-spin text-working" />
  ),
  done: <CircleCheck aria-label="done" className="size-3.5 shrink-0 text-ok" />,
  failed: <CircleX aria-label="failed" className="size-3.5 shrink-0 text-danger" />,
};

/** A tool call: one line, and behind it what went in and what came out. */
export const ToolMessage = memo(function ToolMessage({ message }: { message: MessageResponse }) {
  const call = toolCall(message);
  return (
    <Fold
      icon={<Wrench aria-hidden className="size-3.5 shrink-0 text-ink-3" />}
      summary={
        <>
          <span className="shrink-0 font-medium text-ink">{call.name}</span>
          <span className="truncate font-mono text-xs text-ink-3">{call.title}</span>
        </>
      }
      end={marks[call.state]}
      empty={!call.input && !call.output}
    >
      <Part name="Input" text={call.input} />
      <Part name={call.state === 'failed' ? 'Error' : 'Output'} text={call.output} />
    </Fold>
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

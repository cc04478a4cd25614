import { Brain, CircleAlert, Info } from 'lucide-react';
import { memo } from 'react';
import type { MessageResponse } from '@/shared/websocket';
import { hintFor } from '../hints';
import { type Image, imagesOf } from '../images';
import { planOf } from '../plan';
import { Fold } from './fold';
import { ImageStrip } from './image-strip';
import { PlanMessage } from './plan-message';
import { TextMessage } from './text-message';
import { ToolMessage } from './tool-message';

interface Props {
  message: MessageResponse;
  agent: string;
  /** It belongs to the turn that runs. */
  live?: boolean;
}

/** One record of the transcript. It renders again only when the record changes. */
export const Message = memo(function Message({ message, agent, live = false }: Props) {
  const plain = agent === 'shell';
  switch (message.kind) {
    case 'user':
      return (
        <UserBubble text={message.text} plain={plain} images={imagesOf(message.metadata?.images)} />
      );
    case 'text':
      return <TextMessage text={message.text} plain={plain} />;
    case 'thinking':
      return <Thinking message={message} />;
    case 'tool':
      return <ToolMessage message={message} live={live} />;
    case 'plan':
      return <Plan message={message} />;
    case 'notice':
      return <Notice text={message.text} />;
    case 'error':
      return <ErrorCard text={message.text} />;
    default: {
      const _exhaustive: never = message.kind;
      return <Notice text={String(_exhaustive)} />;
    }
  }
});

interface BubbleProps {
  text: string;
  plain: boolean;
  images?: readonly Image[];
}

export function UserBubble({ text, plain, images = [] }: BubbleProps) {
  return (
    <div className="flex flex-col items-end gap-1.5 pl-10">
      <ImageStrip images={images} className="justify-end" />
      <div
        dir="auto"
        className={
          'max-w-full rounded-2xl rounded-br-md bg-accent-soft px-3.5 py-2 wrap-anywhere whitespace-pre-wrap' +
          (plain ? ' font-mono text-[0.78125rem]' : '')
        }
      >
        {text}
      </div>
    </div>
  );
}

function Thinking({ message }: { message: MessageResponse }) {
  return (
    <Fold
      icon={<Brain aria-hidden className="size-3.5 shrink-0 text-ink-3" />}
      summary={<span className="text-ink-3">{message.streaming ? 'Thinking…' : 'Thought'}</span>}
      empty={message.text === ''}
    >
      <div className="text-ui wrap-anywhere whitespace-pre-wrap text-ink-2">{message.text}</div>
    </Fold>
  );
}

function Plan({ message }: { message: MessageResponse }) {
  const steps = planOf(message.metadata);
  if (steps.length === 0) return <TextMessage text={message.text} plain={false} />;
  return <PlanMessage steps={steps} />;
}

function Notice({ text }: { text: string }) {
  return (
    <p className="flex items-start gap-2 text-ui text-ink-3">
      <Info aria-hidden className="mt-[3px] size-3.5 shrink-0" />
      <span className="min-w-0 wrap-anywhere whitespace-pre-wrap">{text}</span>
    </p>
  );
}

function ErrorCard({ text }: { text: string }) {
  const hint = hintFor(text);
  return (
    <div className="rounded-lg border border-danger-line bg-danger-soft px-3.5 py-2.5">
      <p className="flex items-start gap-2 text-ui font-medium text-danger">
        <CircleAlert aria-hidden className="mt-[3px] size-3.5 shrink-0" />
        <span className="min-w-0 wrap-anywhere whitespace-pre-wrap">{text}</span>
      </p>
      {hint && <p className="mt-1 pl-5.5 text-ui text-ink-2">{hint}</p>}
    </div>
  );
}

import { ArrowDown, LoaderCircle } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import type { SessionResponse } from '@/shared/websocket';
import type { SessionDetail } from '../channel';
import { useLoadOlder } from '../mutations';
import { lastPromptSeq, placesOf } from '../nesting';
import type { Pending } from '../outbox';
import { quietSince } from '../quiet';
import { useStickToEnd } from '../use-stick-to-end';
import { UserBubble } from './message';
import { Quiet } from './quiet';
import { Record } from './record';

interface Props {
  session: SessionResponse;
  detail: SessionDetail | undefined;
  pending: readonly Pending[];
}

const none: SessionDetail['messages'] = [];

export function Transcript({ session, detail, pending }: Props) {
  const messages = detail?.messages ?? none;
  const turnSeq = session.state === 'working' ? lastPromptSeq(messages) : Infinity;
  const places = useMemo(() => placesOf(messages), [messages]);
  const { scroller, content, onScroll, toEnd, away, news } = useStickToEnd(messages[0]?.id);
  // What one sends, one wants to see.
  useEffect(() => toEnd(), [pending.length, toEnd]);
  return (
    <div className="relative min-h-0 grow">
      <div
        ref={scroller}
        onScroll={onScroll}
        tabIndex={0}
        role="region"
        aria-label="Transcript"
        className="h-full overflow-y-auto overscroll-contain outline-none [overflow-anchor:none]"
      >
        <div
          ref={content}
          className="mx-auto flex max-w-3xl flex-col gap-4 px-4 py-6 sm:px-6 [&>[data-kind=tool]+[data-kind=tool]]:-mt-3"
        >
          {!detail && <Skeleton />}
          {detail?.hasOlder && <LoadOlder session={session} first={messages[0]?.seq ?? 0} />}
          {messages.map((message) => (
            <Record
              key={message.id}
              message={message}
              agent={session.agent}
              live={message.seq > turnSeq}
              place={places.get(message.id)}
            />
          ))}
          {pending.map((item) => (
            <div key={item.id} data-testid="pending-message" className="opacity-60">
              <UserBubble text={item.text} plain={session.agent === 'shell'} images={item.images} />
              <p className="mt-1 text-right text-[11px] text-ink-3">
                {item.accepted ? 'Sent' : 'Sending…'}
              </p>
            </div>
          ))}
          {detail && messages.length + pending.length === 0 && <Nothing />}
          {session.state === 'working' && <Working session={session} />}
        </div>
      </div>
      {away && (
        <Button
          onClick={toEnd}
          className="absolute bottom-3 left-1/2 -translate-x-1/2 animate-rise rounded-full shadow-float"
        >
          <ArrowDown aria-hidden className="size-3.5" />
          {news ? 'New messages' : 'To the end'}
        </Button>
      )}
    </div>
  );
}

function LoadOlder({ session, first }: { session: SessionResponse; first: number }) {
  const older = useLoadOlder(session.id);
  return (
    <Button
      look="ghost"
      size="sm"
      disabled={older.isPending}
      onClick={() => older.mutate(first)}
      className="self-center"
    >
      {older.isPending && <LoaderCircle aria-hidden className="size-3.5 animate-spin" />}
      Load older messages
    </Button>
  );
}

function Working({ session }: { session: SessionResponse }) {
  const waiting = session.waiting_for !== null;
  const quiet = quietSince(session);
  return (
    <p className="flex items-center gap-2 text-[13px] text-ink-3">
      <span
        aria-hidden
        className={cn('size-2 rounded-full', waiting ? 'bg-waiting' : 'animate-breathe bg-working')}
      />
      {waiting ? 'Waiting for your answer' : 'Working'}
      {quiet && (
        <span>
          · <Quiet since={quiet} />
        </span>
      )}
    </p>
  );
}

function Nothing() {
  return (
    <p className="py-16 text-center text-[13px] text-ink-3">Nothing has been said here yet.</p>
  );
}

function Skeleton() {
  return (
    <div aria-label="Loading the transcript" className="flex flex-col gap-4 py-2">
      <div className="h-9 w-2/5 self-end rounded-2xl bg-sunken" />
      <div className="h-4 w-4/5 rounded bg-sunken" />
      <div className="h-4 w-3/5 rounded bg-sunken" />
    </div>
  );
}

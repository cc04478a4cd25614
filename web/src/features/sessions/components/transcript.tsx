import { ArrowDown } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '@/components/ui/button';
import type { SessionResponse } from '@/shared/websocket';
import type { SessionDetail } from '../channel';
import { nearWatch } from '../near';
import type { Pending } from '../outbox';
import type { FindState } from '../use-find';
import { useGroups } from '../use-groups';
import { useMessageKeys } from '../use-message-keys';
import { usePermalink } from '../use-permalink';
import { useScrollPlace } from '../use-scroll-place';
import { useTarget } from '../use-target';
import { FindBar } from './find-bar';
import { LinkNotice } from './link-notice';
import { UserBubble } from './message';
import { OlderMessages } from './older-messages';
import { TranscriptGroup } from './transcript-group';
import { WorkingLine } from './working-line';

interface Props {
  session: SessionResponse;
  agentName: string;
  detail: SessionDetail | undefined;
  pending: readonly Pending[];
  find: FindState;
}

const none: SessionDetail['messages'] = [];
/** Groups that are put on the page with the first paint; the others as they come near. */
const FIRST_GROUPS = 2;

export function Transcript({ session, agentName, detail, pending, find }: Props) {
  const messages = detail?.messages ?? none;
  const groups = useGroups(messages, session.state === 'working');
  const [{ watch }] = useState(nearWatch);
  const { place, away, news } = useScrollPlace(tailOf(messages, pending));
  const { toEnd, setBox, setGroups, onScroll, onClick } = place;
  const target = useTarget(place);
  const link = usePermalink(session.id, detail !== undefined, target.goTo);
  const onKeyDown = useMessageKeys(messages, place, target.goTo);
  // What one sends, one wants to see.
  useEffect(() => {
    if (pending.length > 0) toEnd();
  }, [pending.length, toEnd]);
  return (
    <div className="relative min-h-0 grow">
      <div
        ref={setBox}
        onScroll={onScroll}
        onClickCapture={onClick}
        onKeyDown={onKeyDown}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Transcript"
        className="h-full overflow-y-auto overscroll-contain outline-none [overflow-anchor:none] focus-visible:shadow-[inset_0_0_0_2px_var(--accent)]"
      >
        <div className="mx-auto max-w-3xl px-4 pt-2 pb-6 sm:px-6">
          {!detail && <Skeleton />}
          {detail?.hasOlder && (
            <OlderMessages sessionId={session.id} first={messages[0]?.id} watch={watch} />
          )}
          <div ref={setGroups}>
            {groups.map((group, index) => (
              <TranscriptGroup
                key={group.key}
                group={group}
                agent={session.agent}
                agentName={agentName}
                watch={watch}
                atEnd={index >= groups.length - FIRST_GROUPS}
                target={target.within(group)}
              />
            ))}
          </div>
          {pending.map((item) => (
            <div key={item.id} data-testid="pending-message" className="pt-4 opacity-60">
              <UserBubble text={item.text} plain={session.agent === 'shell'} images={item.images} />
              <p className="mt-1 text-right text-tiny text-ink-3">
                {item.accepted ? 'Sent' : 'Sending…'}
              </p>
            </div>
          ))}
          {detail && messages.length + pending.length === 0 && <Nothing />}
          {session.state === 'working' && <WorkingLine session={session} />}
        </div>
      </div>
      <LinkNotice link={link} />
      {find.open && <FindBar find={find} session={session} place={place} target={target} />}
      {away && (
        <Button
          onClick={() => {
            toEnd();
            // The button goes; whoever came to it by keyboard is not to be left with nothing.
            place.box?.focus({ preventScroll: true });
          }}
          className="absolute inset-x-0 bottom-3 mx-auto w-fit animate-rise rounded-full shadow-float"
        >
          <ArrowDown aria-hidden className="size-3.5" />
          {news ? 'New messages' : 'To the end'}
        </Button>
      )}
    </div>
  );
}

function tailOf(messages: SessionDetail['messages'], pending: readonly Pending[]): string {
  const last = messages.at(-1);
  return `${last?.id} ${last?.text.length} ${pending.length}`;
}

function Nothing() {
  return <p className="py-16 text-center text-ui text-ink-3">Nothing has been said here yet.</p>;
}

function Skeleton() {
  return (
    <div aria-label="Loading the transcript" className="flex flex-col gap-4 py-6">
      <div className="h-9 w-2/5 self-end rounded-2xl bg-sunken" />
      <div className="h-4 w-4/5 rounded bg-sunken" />
      <div className="h-4 w-3/5 rounded bg-sunken" />
    </div>
  );
}

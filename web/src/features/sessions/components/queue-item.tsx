import { useQueryClient } from '@tanstack/react-query';
import { ArrowDown, ArrowUp, LoaderCircle, Pencil, SendHorizontal, Trash2 } from 'lucide-react';
import { useLayoutEffect, useRef } from 'react';
import { notify } from '@/lib/notify';
import { UNDO_MS } from '@/lib/undo';
import type { QueuedPrompt } from '@/shared/websocket';
import { type QueueEdit, useEditQueue } from '../mutations';
import { putBack } from '../put-back';
import type { useDrag } from '../use-drag';
import { Thumbnail } from './image-strip';
import { type QueueAction, QueueActions } from './queue-actions';
import { QueueHandle } from './queue-handle';

interface Props {
  sessionId: string;
  prompt: QueuedPrompt;
  /** From 1, of `count`. */
  place: number;
  count: number;
  /** A turn runs, which sending this now would stop. */
  working: boolean;
  drag: ReturnType<ReturnType<typeof useDrag>['handle']>;
  onEdit: () => void;
  /** It was moved: said to a screen reader. */
  onMoved: (place: number) => void;
  /** It leaves the page, and the focus was in it. */
  onFocusLost: (place: number) => void;
}

/** One prompt that waits, and what can be done with it. Where it stands is what the server says. */
export function QueueItem(props: Props) {
  const { sessionId, prompt, place, count, working, drag, onEdit, onMoved, onFocusLost } = props;
  const row = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = row.current;
    return () => {
      if (element?.contains(document.activeElement)) onFocusLost(place);
    };
  }, [onFocusLost, place]);
  const client = useQueryClient();
  const { mutateAsync, isPending } = useEditQueue(sessionId);
  // Its push may be here before the answer, and the prompt then gone from the page.
  const change = (edit: QueueEdit, failed: string, done: () => void = () => undefined) =>
    void mutateAsync({ edit: { id: prompt.id, ...edit }, failed }).then(done, () => undefined);
  const move = (position: number) =>
    change({ position }, 'The prompt was not moved.', () => onMoved(position));
  const remove = () =>
    change({ remove: true }, 'The prompt was not removed.', () => {
      const close = notify.undo('The prompt was removed from the queue.', () => {
        close();
        void putBack(client, sessionId, prompt, place);
      });
      setTimeout(close, UNDO_MS);
    });
  const actions: QueueAction[] = [{ label: 'Edit', icon: Pencil, run: onEdit }];
  if (count > 1) {
    const [first, last] = [place === 1, place === count];
    actions.push(
      { label: 'Move up', icon: ArrowUp, run: () => move(place - 1), never: first },
      { label: 'Move down', icon: ArrowDown, run: () => move(place + 1), never: last },
    );
  }
  actions.push(
    { label: 'Remove', icon: Trash2, run: remove },
    {
      label: working ? 'Stop the running turn and send this now' : 'Send this now',
      icon: SendHorizontal,
      run: () => change({ now: true }, 'The prompt was not sent.'),
    },
  );
  return (
    <div ref={row} className="flex items-center gap-0.5 text-ui text-ink-2" aria-busy={isPending}>
      {count > 1 && (
        <QueueHandle place={place} count={count} busy={isPending} drag={drag} onMove={move} />
      )}
      <span
        dir="auto"
        title={prompt.text}
        className={`min-w-0 grow truncate ${isPending ? 'opacity-60' : ''}`}
      >
        {prompt.text}
      </span>
      <QueuedImages ids={prompt.images} />
      {isPending && (
        <LoaderCircle role="img" aria-label="Saving" className="size-3.5 animate-spin text-ink-3" />
      )}
      <QueueActions actions={actions} busy={isPending} place={place} />
    </div>
  );
}

function QueuedImages({ ids }: { ids: readonly string[] }) {
  if (ids.length === 0) return null;
  const name = ids.length === 1 ? '1 image' : `${ids.length} images`;
  return (
    <span role="img" aria-label={name} title={name} className="flex shrink-0 items-center gap-0.5">
      {ids.slice(0, 3).map((id, index) => (
        <Thumbnail key={index} id={id} className="size-5 rounded object-cover" />
      ))}
      {ids.length > 3 && <span className="text-tiny text-ink-3">+{ids.length - 3}</span>}
    </span>
  );
}

import { ListEnd } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { cn } from '@/lib/cn';
import { messageOf } from '@/lib/errors';
import { CallError, type QueuedPrompt, type SessionResponse } from '@/shared/websocket';
import { drafts, sessionDraft } from '../drafts';
import { useEditQueue } from '../mutations';
import { queueCount } from '../prompt-limits';
import { useDrag } from '../use-drag';
import { QueueEditor } from './queue-editor';
import { QueueItem } from './queue-item';

interface Props {
  queue: readonly QueuedPrompt[];
  session: SessionResponse;
}

/** Prompts that wait behind the running turn, in their order; each can be changed. */
export function QueueList({ queue, session }: Props) {
  const { edit, setEdit, save, saving, problem } = useQueueEditor(session.id, queue);
  const [said, setSaid] = useState('');
  const mutation = useEditQueue(session.id);
  const onMoved = (place: number) => setSaid(`Moved to place ${place} of ${queue.length}`);
  const { drag, handle } = useDrag((id, to) => {
    mutation.mutate(
      { edit: { id, position: to + 1 }, failed: 'The prompt was not moved.' },
      { onSuccess: () => onMoved(to + 1) },
    );
  });
  const { list, onFocusLost } = useQueueFocus(queue, edit?.id);
  if (queue.length === 0) return null;
  const from = queue.findIndex(({ id }) => id === drag?.id);
  const to = from < 0 ? -1 : (drag?.to ?? -1);
  const working = session.state === 'working';
  const when = working
    ? 'sent when this turn has ended well'
    : 'waiting: they go on after the next turn that ends well';
  return (
    <section aria-label="Queue" className="mb-2 rounded-lg border border-line bg-sunken px-3 py-2">
      <h2 className="flex items-center gap-1.5 text-xs text-ink-3">
        <ListEnd aria-hidden className="size-3.5 shrink-0" />
        {queueCount(queue.length)}, {when}
      </h2>
      <span role="status" className="sr-only">
        {said}
      </span>
      <ol ref={list} className="-mx-1 mt-1 max-h-40 overflow-y-auto px-1">
        {queue.map((prompt, index) => (
          <li
            key={prompt.id}
            data-testid="queued-prompt"
            data-prompt-id={prompt.id}
            className={cn(
              'border-y-2 border-transparent',
              index === from && 'opacity-50',
              index === to && to < from && 'border-t-accent',
              index === to && to > from && 'border-b-accent',
            )}
          >
            {edit?.id === prompt.id ? (
              <QueueEditor
                text={edit.text}
                saving={saving}
                problem={problem}
                onText={(text) => setEdit({ ...edit, text })}
                onSave={() => save(prompt)}
                onCancel={() => setEdit(null)}
              />
            ) : (
              <QueueItem
                sessionId={session.id}
                prompt={prompt}
                place={index + 1}
                count={queue.length}
                working={working}
                drag={handle(prompt.id, index)}
                onMoved={onMoved}
                onFocusLost={onFocusLost}
                onEdit={() => setEdit({ id: prompt.id, text: prompt.text })}
              />
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

const GONE = 'that prompt had left the queue before its change was saved.';

/** The prompt that is being changed. Where it leaves the queue meanwhile, the text is not lost. */
function useQueueEditor(sessionId: string, queue: readonly QueuedPrompt[]) {
  const [edit, setEdit] = useState<{ id: string; text: string } | null>(null);
  const mutation = useEditQueue(sessionId);
  const saving = mutation.isPending;
  // While it is being saved, the answer decides.
  const lost = edit !== null && !saving && queue.every(({ id }) => id !== edit.id);
  useEffect(() => {
    if (lost) drafts.restore(sessionDraft(sessionId), edit.text, GONE);
  }, [lost, edit, sessionId]);
  const save = (prompt: QueuedPrompt) => {
    const text = edit?.text.trim() ?? '';
    if (text === '' || saving) return;
    if (text === prompt.text) return setEdit(null);
    mutation.mutate(
      { edit: { id: prompt.id, text }, failed: null },
      {
        onSuccess: () => setEdit(null),
        onError: (error) => {
          if (!(error instanceof CallError) || error.code !== 'PROMPT_NOT_QUEUED') return;
          drafts.restore(sessionDraft(sessionId), text, GONE);
          setEdit(null);
        },
      },
    );
  };
  const start = (next: typeof edit) => {
    if (next?.id !== edit?.id) mutation.reset();
    setEdit(next);
  };
  const problem = mutation.isError ? `Not saved. ${messageOf(mutation.error)}` : null;
  return { edit, setEdit: start, save, saving, problem };
}

/** What had the focus is gone, or is no field any more: who works by keyboard goes on in its place. */
function useQueueFocus(queue: readonly QueuedPrompt[], editing: string | undefined) {
  const list = useRef<HTMLOListElement>(null);
  const lost = useRef<number | null>(null);
  const edited = useRef(editing);
  const onFocusLost = useCallback((place: number) => void (lost.current = place), []);
  useEffect(() => {
    const before = edited.current;
    const place = lost.current ?? queue.findIndex(({ id }) => id === before) + 1;
    edited.current = editing;
    lost.current = null;
    if (place < 1 || editing || document.activeElement !== document.body) return;
    const rows = list.current?.children;
    const row = rows?.[Math.min(place, rows.length) - 1];
    row?.querySelector<HTMLElement>('button:not(:disabled)')?.focus();
  });
  return { list, onFocusLost };
}

import { ListEnd } from 'lucide-react';
import type { QueuedPrompt, SessionResponse } from '@/shared/websocket';

interface Props {
  queue: readonly QueuedPrompt[];
  session: SessionResponse;
}

/** Prompts that wait behind the running turn, in their order. */
export function QueueList({ queue, session }: Props) {
  if (queue.length === 0) return null;
  const when =
    session.state === 'working'
      ? 'sent when this turn has ended well'
      : 'waiting: they go on after the next turn that ends well';
  return (
    <section aria-label="Queue" className="mb-2 rounded-lg border border-line bg-sunken px-3 py-2">
      <h2 className="flex items-center gap-1.5 text-xs text-ink-3">
        <ListEnd aria-hidden className="size-3.5" />
        {queue.length} queued, {when}
      </h2>
      <ol className="mt-1 max-h-28 overflow-y-auto">
        {queue.map((prompt) => (
          <li
            key={prompt.id}
            data-testid="queued-prompt"
            className="truncate py-0.5 text-[13px] text-ink-2"
          >
            {prompt.text}
          </li>
        ))}
      </ol>
    </section>
  );
}

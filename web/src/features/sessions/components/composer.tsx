import { ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import { cn } from '@/lib/cn';
import type { Command } from '../commands';
import type { Image } from '../images';
import { useAttachments } from '../use-attachments';
import { useCommands } from '../use-commands';
import { useDraft } from '../use-draft';
import { useDrop } from '../use-drop';
import { Attachments } from './attachments';
import { CommandList } from './command-list';
import { ImageButton } from './image-button';

interface Props {
  /** Under which key what is typed is kept. */
  draftKey: string;
  placeholder: string;
  onSend: (text: string, images: readonly Image[]) => void;
  /** Why nothing can be sent now. */
  blocked?: string | null;
  /** Why the agent takes no images; null: it takes them. */
  noImages: string | null;
  commands?: readonly Command[];
  busy?: boolean;
  /** A new value moves the focus here. */
  focusKey: string;
  children?: ReactNode;
}

const none: readonly Command[] = [];

/** Enter sends, Shift+Enter breaks the line; an input method's own Enter does neither. */
export function Composer(props: Props) {
  const { draftKey, placeholder, onSend, blocked, noImages, focusKey, children } = props;
  const input = useRef<HTMLTextAreaElement>(null);
  const { draft, setDraft } = useDraft(draftKey);
  const { add, remove, stop, running, problem } = useAttachments(draftKey, noImages);
  const list = useCommands(props.commands ?? none, draft.text, setDraft);
  const { over, onPaste, dropProps } = useDrop(add);
  const unwanted = draft.images.length > 0 ? noImages : null;
  const alone = draft.text.trim() === '' && draft.images.length > 0;
  const ready =
    draft.text.trim() !== '' && !props.busy && !blocked && !unwanted && running.length === 0;
  useLayoutEffect(() => {
    const box = input.current;
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, window.innerHeight * 0.4)}px`;
  }, [draft.text]);
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) input.current?.focus({ preventScroll: true });
  }, [focusKey]);
  const send = () => {
    if (!ready) return;
    onSend(draft.text.trim(), draft.images);
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (list.onKeyDown(event)) return;
    const composing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || composing) return;
    event.preventDefault();
    send();
  };
  const wrong = draft.problem ? `Not sent: ${draft.problem}` : blocked || problem || unwanted;
  return (
    <div className="relative">
      <CommandList list={list} />
      {wrong && (
        <p role="alert" className="mb-2 px-1 text-[13px] wrap-anywhere text-danger">
          {wrong}
        </p>
      )}
      <div
        {...dropProps}
        className={cn(
          'rounded-xl border bg-raised shadow-float focus-within:border-accent',
          over ? 'border-accent bg-accent-soft' : 'border-line-strong',
        )}
      >
        <Attachments images={draft.images} running={running} onRemove={remove} onStop={stop} />
        <textarea
          ref={input}
          data-testid="chat-input"
          data-shortcut="composer"
          aria-label="Message"
          rows={1}
          value={draft.text}
          placeholder={placeholder}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          aria-autocomplete={props.commands?.length ? 'list' : undefined}
          aria-controls={list.open ? list.listId : undefined}
          aria-activedescendant={list.open ? list.optionId(list.index) : undefined}
          className="block max-h-[40vh] min-h-11 w-full resize-none bg-transparent px-3.5 pt-3 pb-1 text-base outline-none placeholder:text-ink-3 sm:text-sm"
        />
        <div className="flex items-center gap-2 px-2 pb-2">
          <div className="flex min-w-0 grow items-center gap-2">
            {children}
            {noImages === null && <ImageButton onFiles={add} />}
          </div>
          <span className={cn('text-[11px] text-ink-3', !alone && 'hidden sm:block')}>
            {alone ? 'Say what to do with it' : 'Shift+Enter for a new line'}
          </span>
          <button
            type="button"
            data-testid="send-button"
            aria-label="Send"
            disabled={!ready}
            onClick={send}
            className="inline-flex size-8 shrink-0 items-center justify-center rounded-lg bg-accent text-accent-ink transition-colors hover:bg-accent-hover disabled:bg-hover disabled:text-ink-3"
          >
            <ArrowUp aria-hidden className="size-4" />
          </button>
        </div>
      </div>
    </div>
  );
}

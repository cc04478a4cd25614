import { ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import { cn } from '@/lib/cn';
import { grow } from '@/lib/grow';
import { isTouch } from '@/lib/media';
import { shortcuts } from '@/lib/shortcuts';
import { Limits } from '@/shared/websocket/generated';
import type { Command } from '../commands';
import type { Image } from '../images';
import type { MentionStyle } from '../mentions';
import { promptLength } from '../prompt-limits';
import { useAttachments } from '../use-attachments';
import { useComposerCompletion } from '../use-composer-completion';
import { useDraft } from '../use-draft';
import { useDrop } from '../use-drop';
import { useHistory } from '../use-history';
import { Attachments } from './attachments';
import { CompletionList } from './completion-list';
import { ComposerHint } from './composer-hint';
import { DropOverlay } from './drop-overlay';
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
  /** Whose files are offered after an "@", and how the agent reads them. */
  files?: { projectId: string; style: MentionStyle };
  /** What was sent before, oldest first. */
  prompts?: readonly string[];
  /** Bytes of a message. */
  limit?: number;
  busy?: boolean;
  /** What a press of Escape has led to; said instead of `tip`. */
  notice?: string;
  tip?: string;
  /** A new value moves the focus here. */
  focusKey: string;
  children?: ReactNode;
}

const none: readonly never[] = [];

/** Enter sends and Shift+Enter breaks the line (on a touch screen Enter does); an input method's own Enter does neither. */
export function Composer(props: Props) {
  const { draftKey, placeholder, onSend, blocked, noImages, focusKey, children } = props;
  const input = useRef<HTMLTextAreaElement>(null);
  const { draft, setDraft } = useDraft(draftKey);
  const { add, remove, stop, running, problem } = useAttachments(draftKey, noImages);
  const { commands = none, prompts = none, limit = Limits.PROMPT_BYTES } = props;
  const { list, setCaret } = useComposerCompletion(input, draft.text, commands, props.files);
  const recall = useHistory(prompts, draft.text, setDraft);
  const { over, onPaste } = useDrop(add);
  const unwanted = draft.images.length > 0 ? noImages : null;
  const { left, refusal } = promptLength(draft.text, limit);
  const alone = draft.text.trim() === '' && draft.images.length > 0;
  const refused = blocked || unwanted || refusal;
  const ready = draft.text.trim() !== '' && !props.busy && !refused && running.length === 0;
  useLayoutEffect(() => {
    if (input.current) grow(input.current, draft.text);
  }, [draft.text]);
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) input.current?.focus({ preventScroll: true });
  }, [focusKey]);
  const send = () => {
    if (!ready) return;
    onSend(draft.text.trim(), draft.images);
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (list.onKeyDown(event) || recall(event)) return;
    const composing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || composing) return;
    if (isTouch() && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    send();
  };
  const wrong = draft.problem
    ? `Not sent: ${draft.problem}`
    : blocked || problem || unwanted || refusal;
  return (
    <div className="relative">
      {over && <DropOverlay refused={noImages} />}
      <CompletionList list={list} />
      {wrong && (
        <p role="alert" className="mb-2 px-1 text-ui wrap-anywhere text-danger">
          {wrong}
        </p>
      )}
      <div className="rounded-xl border border-line-strong bg-raised shadow-float focus-within:border-accent">
        <Attachments images={draft.images} running={running} onRemove={remove} onStop={stop} />
        <textarea
          ref={input}
          data-composer
          data-testid="chat-input"
          data-shortcut="composer"
          aria-label="Message"
          aria-keyshortcuts={shortcuts.composer.keys[0]}
          aria-invalid={refusal !== '' || undefined}
          dir="auto"
          rows={1}
          value={draft.text}
          placeholder={placeholder}
          enterKeyHint={isTouch() ? 'enter' : 'send'}
          onChange={({ target }) => {
            setDraft(target.value);
            setCaret(target.selectionStart, target.value);
          }}
          // What is typed opens a list; going elsewhere in the text only closes it.
          onSelect={({ currentTarget: { selectionStart, value } }) => {
            if (list.open) setCaret(selectionStart, value);
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          aria-autocomplete={commands.length > 0 || props.files?.style ? 'list' : undefined}
          aria-controls={list.active ? list.listId : undefined}
          aria-activedescendant={list.active}
          className="block max-h-[40dvh] min-h-11 w-full resize-none bg-transparent px-3.5 pt-3 pb-1 text-base outline-none placeholder:text-ink-3 sm:text-sm"
        />
        <div className="flex items-center gap-2 px-2 pb-2">
          <div className="flex min-w-0 grow items-center gap-2">
            {children}
            {noImages === null && <ImageButton onFiles={add} />}
          </div>
          <ComposerHint
            notice={props.notice || (alone ? 'Say what to do with it' : left)}
            tip={draft.unkept ? 'Too long to be kept over a reload' : props.tip}
          />
          <button
            type="button"
            data-testid="send-button"
            aria-label="Send"
            disabled={!ready}
            onClick={send}
            className={cn(
              'inline-flex size-8 shrink-0 items-center justify-center rounded-lg bg-accent text-accent-ink transition-colors pointer-coarse:size-11',
              'hover:bg-accent-hover disabled:bg-hover disabled:text-ink-3',
            )}
          >
            <ArrowUp aria-hidden className="size-4" />
          </button>
        </div>
      </div>
    </div>
  );
}

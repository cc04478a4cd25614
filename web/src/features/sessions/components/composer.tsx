import { ArrowUp } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import { useDraft } from '../use-draft';

interface Props {
  /** Under which key what is typed is kept. */
  draftKey: string;
  placeholder: string;
  onSend: (text: string) => void;
  /** Why nothing can be sent now. */
  blocked?: string | null;
  busy?: boolean;
  /** A new value moves the focus here. */
  focusKey: string;
  children?: ReactNode;
}

/** Enter sends, Shift+Enter breaks the line; an input method's own Enter does neither. */
export function Composer({
  draftKey,
  placeholder,
  onSend,
  blocked,
  busy = false,
  focusKey,
  children,
}: Props) {
  const input = useRef<HTMLTextAreaElement>(null);
  const { draft, setDraft } = useDraft(draftKey);
  const ready = draft.text.trim() !== '' && !busy && !blocked;
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
    onSend(draft.text.trim());
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const composing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || composing) return;
    event.preventDefault();
    send();
  };
  return (
    <div>
      {(draft.problem ?? blocked) && (
        <p role="alert" className="mb-2 px-1 text-[13px] wrap-anywhere text-danger">
          {draft.problem ? `Not sent: ${draft.problem}` : blocked}
        </p>
      )}
      <div className="rounded-xl border border-line-strong bg-raised shadow-float focus-within:border-accent">
        <textarea
          ref={input}
          data-testid="chat-input"
          aria-label="Message"
          rows={1}
          value={draft.text}
          placeholder={placeholder}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
          className="block max-h-[40vh] min-h-11 w-full resize-none bg-transparent px-3.5 pt-3 pb-1 text-base outline-none placeholder:text-ink-3 sm:text-sm"
        />
        <div className="flex items-center gap-2 px-2 pb-2">
          <div className="flex min-w-0 grow items-center gap-2">{children}</div>
          <span className="hidden text-[11px] text-ink-3 sm:block">Shift+Enter for a new line</span>
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

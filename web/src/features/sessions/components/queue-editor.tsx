import type { KeyboardEvent } from 'react';
import { Button } from '@/components/ui/button';

interface Props {
  text: string;
  saving: boolean;
  problem: string | null;
  onText: (text: string) => void;
  onSave: () => void;
  onCancel: () => void;
}

/** A queued prompt as a field. Enter keeps, Escape leaves it as it was, Shift+Enter breaks the line. */
export function QueueEditor({ text, saving, problem, onText, onSave, onCancel }: Props) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      onCancel();
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    onSave();
  };
  return (
    <div className="py-1">
      <textarea
        autoFocus
        aria-label="Queued prompt"
        dir="auto"
        rows={Math.min(4, text.split('\n').length + 1)}
        value={text}
        readOnly={saving}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={onKeyDown}
        className="block w-full resize-none rounded-md border border-line-strong bg-canvas px-2 py-1 text-base read-only:opacity-60 sm:text-ui"
      />
      {problem && (
        <p role="alert" className="mt-1 text-xs wrap-anywhere text-danger">
          {problem}
        </p>
      )}
      <div className="mt-1.5 flex gap-2">
        <Button size="sm" look="primary" disabled={saving || text.trim() === ''} onClick={onSave}>
          {saving ? 'Saving…' : 'Save'}
        </Button>
        <Button size="sm" disabled={saving} onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </div>
  );
}

import { type KeyboardEvent, useState } from 'react';
import { Limits, type SessionResponse } from '@/shared/websocket';
import { useRenameSession } from '../row-mutations';

/** The session's name; a click makes it a field. Enter keeps, Escape leaves it as it was. */
export function InlineName({ session }: { session: SessionResponse }) {
  const [draft, setDraft] = useState<string | null>(null);
  const { rename } = useRenameSession();
  const commit = () => {
    const name = draft?.trim() ?? '';
    setDraft(null);
    if (name === '' || name === session.name) return;
    rename({ id: session.id, name });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter') commit();
    if (event.key === 'Escape') setDraft(null);
  };
  if (draft === null) {
    return (
      <h1 className="min-w-0">
        <button
          type="button"
          title="Rename"
          onClick={() => setDraft(session.name)}
          className="block max-w-full truncate rounded-md px-1.5 py-0.5 pointer-coarse:min-h-11 text-sm font-semibold hover:bg-hover"
        >
          {session.name}
        </button>
      </h1>
    );
  }
  return (
    <input
      autoFocus
      aria-label="Session name"
      value={draft}
      maxLength={Limits.NAME_BYTES}
      onChange={(event) => setDraft(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={commit}
      onKeyDown={onKeyDown}
      className="h-7 min-w-0 grow rounded-md border border-line-strong bg-canvas px-1.5 text-sm font-semibold"
    />
  );
}

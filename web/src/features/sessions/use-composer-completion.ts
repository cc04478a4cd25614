import { type RefObject, useState } from 'react';
import { insertText } from '@/lib/insert-text';
import type { Command } from './commands';
import { commandCompletion, fileCompletion } from './completion';
import { mentionAt, type MentionStyle } from './mentions';
import { useCompletion } from './use-completion';
import { useFiles } from './use-files';

/** Commands after a slash, files after an "@": what the agent reads of both. */
export function useComposerCompletion(
  input: RefObject<HTMLTextAreaElement | null>,
  text: string,
  commands: readonly Command[],
  files: { projectId: string; style: MentionStyle } | undefined,
) {
  const [at, setAt] = useState({ text: '', caret: 0 });
  // A text that came in another way than by typing is not being completed.
  const caret = at.text === text ? at.caret : 0;
  const mention = files?.style ? mentionAt(text, caret) : null;
  const found = useFiles(files?.projectId ?? '', mention ? mention.query : null);
  const completion =
    commandCompletion(commands, text) ??
    (mention && files ? fileCompletion(mention, caret, found, files.style) : null);
  const list = useCompletion(completion, ({ start, end }, { insert }) => {
    if (input.current) insertText(input.current, start, end, insert);
  });
  return { list, setCaret: (next: number, of: string) => setAt({ text: of, caret: next }) };
}

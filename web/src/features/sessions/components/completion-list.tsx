import { useEffect, useRef } from 'react';
import { cn } from '@/lib/cn';
import type { CompletionItem } from '../completion';
import type { useCompletion } from '../use-completion';

/** What may be typed next, above the composer. */
export function CompletionList({ list }: { list: ReturnType<typeof useCompletion> }) {
  const { open, completion, index, listId, optionId, take } = list;
  const active = useRef<HTMLLIElement>(null);
  useEffect(() => {
    void active.current?.scrollIntoView({ block: 'nearest' });
  }, [index, open]);
  const shown = open ? completion : null;
  return (
    <>
      <span role="status" className="sr-only">
        {shown && spoken(shown.label, shown.items.length, shown.note)}
      </span>
      {shown && (
        <div className="absolute inset-x-0 bottom-full z-20 mb-1.5 overflow-hidden rounded-xl border border-line-strong bg-raised shadow-float">
          {shown.items.length > 0 && (
            <ul
              id={listId}
              role="listbox"
              aria-label={shown.label}
              className="max-h-[min(16rem,40dvh)] overflow-y-auto p-1"
            >
              {shown.items.map((item, place) => (
                <li
                  key={item.key}
                  ref={place === index ? active : undefined}
                  id={optionId(place)}
                  role="option"
                  aria-selected={place === index}
                  // The field keeps the focus.
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => take(item)}
                  className={cn(
                    'cursor-pointer rounded-md px-2 py-1 text-ui wrap-anywhere pointer-coarse:py-2',
                    place === index ? 'bg-selected' : 'hover:bg-hover',
                  )}
                >
                  <Marked item={item} />
                  {item.hint && (
                    <span className="ml-1.5 font-mono text-xs text-ink-3">{item.hint}</span>
                  )}
                  {item.description && (
                    <span className="block truncate text-xs text-ink-3">{item.description}</span>
                  )}
                </li>
              ))}
            </ul>
          )}
          {shown.note && <p className="px-3 py-2 text-xs wrap-anywhere text-ink-3">{shown.note}</p>}
        </div>
      )}
    </>
  );
}

function spoken(label: string, count: number, note: string): string {
  if (count === 0) return note;
  return `${label}: ${count}. Arrow keys choose, Enter takes, Escape closes. ${note}`;
}

/** The name, with what was typed in bold. */
function Marked({ item: { name, marks } }: { item: CompletionItem }) {
  const parts: { text: string; marked: boolean }[] = [];
  [...name].forEach((char, at) => {
    const marked = marks.has(at);
    const last = parts.at(-1);
    if (last?.marked === marked) last.text += char;
    else parts.push({ text: char, marked });
  });
  return (
    <span className="font-mono text-xs">
      {parts.map(({ text, marked }, at) =>
        marked ? (
          <b key={at} className="font-bold text-accent-text">
            {text}
          </b>
        ) : (
          text
        ),
      )}
    </span>
  );
}

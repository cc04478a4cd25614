import { useEffect, useRef } from 'react';
import { cn } from '@/lib/cn';
import type { useCommands } from '../use-commands';

/** What may be typed next, above the composer. */
export function CommandList({ list }: { list: ReturnType<typeof useCommands> }) {
  const { open, found, index, listId, optionId, take } = list;
  const active = useRef<HTMLLIElement>(null);
  useEffect(() => {
    void active.current?.scrollIntoView({ block: 'nearest' });
  }, [index, open]);
  if (!open) return null;
  return (
    <ul
      id={listId}
      role="listbox"
      aria-label="Commands"
      className="absolute inset-x-0 bottom-full z-20 mb-1.5 max-h-64 overflow-y-auto rounded-xl border border-line-strong bg-raised p-1 shadow-float"
    >
      {found.map((command, place) => (
        <li
          key={command.name}
          ref={place === index ? active : undefined}
          id={optionId(place)}
          role="option"
          aria-selected={place === index}
          // The field keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => take(command)}
          className={cn(
            'cursor-pointer rounded-md px-2 py-1 text-[13px] wrap-anywhere',
            place === index ? 'bg-selected' : 'hover:bg-hover',
          )}
        >
          <span className="font-mono text-xs">/{command.name}</span>
          {command.hint && (
            <span className="ml-1.5 font-mono text-xs text-ink-3">{command.hint}</span>
          )}
          {command.description && (
            <span className="block truncate text-xs text-ink-3">{command.description}</span>
          )}
        </li>
      ))}
    </ul>
  );
}

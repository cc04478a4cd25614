import { useEffect, useRef } from 'react';
import { cn } from '@/lib/cn';
import type { Group } from '../rank';
import type { PaletteEntry } from './palette';

interface Props {
  id: string;
  groups: readonly Group<PaletteEntry>[];
  index: number;
  onPoint: (index: number) => void;
  onChoose: (entry: PaletteEntry) => void;
  empty: string;
}

export function PaletteList({ id, groups, index, onPoint, onChoose, empty }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [index, groups]);
  const starts = groups.map((_, nth) =>
    groups.slice(0, nth).reduce((sum, group) => sum + group.items.length, 0),
  );
  return (
    <div
      ref={list}
      role="listbox"
      id={`${id}-list`}
      aria-label="Found"
      className="min-h-0 grow overflow-y-auto p-1.5"
    >
      {groups.map((group, at) => {
        const first = starts[at] ?? 0;
        return (
          <div key={group.name} role="group" aria-labelledby={`${id}-${group.name}`}>
            <div id={`${id}-${group.name}`} className="px-2.5 pt-2 pb-1 text-tiny text-ink-3">
              {group.name}
            </div>
            {group.items.map((entry, nth) => (
              <Option
                key={entry.id}
                id={`${id}-${first + nth}`}
                entry={entry}
                selected={first + nth === index}
                onPoint={() => onPoint(first + nth)}
                onChoose={() => onChoose(entry)}
              />
            ))}
          </div>
        );
      })}
      {groups.length === 0 && (
        <p role="status" className="px-2.5 py-6 text-center text-ui text-ink-3">
          {empty}
        </p>
      )}
    </div>
  );
}

interface OptionProps {
  id: string;
  entry: PaletteEntry;
  selected: boolean;
  onPoint: () => void;
  onChoose: () => void;
}

function Option({ id, entry, selected, onPoint, onChoose }: OptionProps) {
  return (
    <div
      role="option"
      id={id}
      aria-selected={selected}
      onPointerMove={selected ? undefined : onPoint}
      onClick={onChoose}
      className={cn(
        'flex min-h-9 cursor-pointer scroll-my-8 items-center gap-2.5 rounded-md px-2.5 py-1.5 text-ui pointer-coarse:min-h-11',
        selected && 'bg-selected forced-colors:outline-2',
      )}
    >
      <span className="flex size-4 shrink-0 items-center justify-center text-ink-3">
        {entry.icon}
      </span>
      <span className="min-w-0 shrink truncate">{entry.label}</span>
      {entry.detail && (
        <span className="min-w-12 grow basis-0 truncate text-xs text-ink-3">{entry.detail}</span>
      )}
      {entry.aside && (
        <span className="ml-auto flex shrink-0 items-center pl-2">{entry.aside}</span>
      )}
    </div>
  );
}

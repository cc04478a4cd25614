import { CornerLeftUp, Folder, FolderCheck } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { cn } from '@/lib/cn';

export interface Option {
  key: string;
  label: string;
  kind: 'parent' | 'directory' | 'project';
  /** What stands in the field when it is chosen. */
  value: string;
}

interface Props {
  id: string;
  options: readonly Option[];
  index: number;
  onChoose: (option: Option) => void;
  /** Said instead of, or below, the options. */
  note: string | null;
}

const icons = { parent: CornerLeftUp, directory: Folder, project: FolderCheck };

/** The directories to choose from; the field above it has the focus. */
export function DirectoryList({ id, options, index, onChoose, note }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [index]);
  return (
    <div
      ref={list}
      className="mt-1.5 h-44 overflow-y-auto rounded-md border border-line bg-canvas p-1"
    >
      <div role="listbox" id={id} aria-label="Directories">
        {options.map((option, nth) => {
          const Icon = icons[option.kind];
          return (
            <div
              key={option.key}
              id={`${id}-${nth}`}
              role="option"
              aria-selected={nth === index}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => onChoose(option)}
              className={cn(
                'flex h-7 cursor-pointer items-center gap-2 rounded px-2 text-ui hover:bg-hover pointer-coarse:h-11',
                nth === index && 'bg-selected forced-colors:outline-2',
              )}
            >
              <Icon aria-hidden className="size-3.5 shrink-0 text-ink-3" />
              <span className="truncate">{option.label}</span>
              {option.kind === 'project' && (
                <span className="ml-auto shrink-0 text-xs text-ink-3">already a project</span>
              )}
            </div>
          );
        })}
      </div>
      <p role="status" className="px-2 py-1 text-xs wrap-anywhere text-ink-3">
        {note}
      </p>
    </div>
  );
}

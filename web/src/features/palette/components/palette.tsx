import * as Primitive from '@radix-ui/react-dialog';
import { Search } from 'lucide-react';
import {
  type KeyboardEvent,
  type ReactNode,
  useDeferredValue,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { dialogOverlay, DialogPanel } from '@/components/ui/dialog-panel';
import { type Group, rank, type PaletteItem } from '../rank';
import { PaletteList } from './palette-list';

export interface PaletteEntry extends PaletteItem {
  icon: ReactNode;
  /** At the end of its line: a state, the keys of a shortcut. */
  aside?: ReactNode;
  run: () => void;
}

interface Props {
  entries: readonly PaletteEntry[];
  /** The server cannot vouch for the states now. */
  unverified?: boolean;
  /** Tells what was typed before it was here. */
  takeTyped?: () => string;
  onClose: () => void;
}

const PAGE = 8;

/** One field that leads everywhere. The chosen entry runs when the palette is gone. */
export function Palette({ entries, unverified, takeTyped, onClose }: Props) {
  const id = useId();
  const chosen = useRef<PaletteEntry | null>(null);
  const [query, setQuery] = useState('');
  const [index, setIndex] = useState(0);
  const wanted = useDeferredValue(query);
  const groups = useMemo(() => rank(entries, wanted), [entries, wanted]);
  const flat = itemsOf(groups);
  const at = Math.min(index, flat.length - 1);
  const isBehind = wanted !== query;
  const choose = (entry: PaletteEntry | undefined) => {
    if (!entry) return;
    chosen.current = entry;
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = event.nativeEvent.isComposing ? null : target(event, at, flat.length);
    if (to === null && event.key !== 'Enter') return;
    event.preventDefault();
    if (to !== null) setIndex(to);
    else if (!event.nativeEvent.isComposing) choose(isBehind ? best(entries, query) : flat[at]);
  };
  return (
    <Primitive.Root open onOpenChange={onClose}>
      <Primitive.Portal>
        <Primitive.Overlay className={dialogOverlay} />
        <DialogPanel
          aria-describedby={undefined}
          data-testid="palette"
          data-unverified={unverified || undefined}
          onGone={() => chosen.current?.run()}
          className="fixed inset-x-0 top-[max(0.5rem,12vh)] z-50 mx-auto flex max-h-[min(30rem,72dvh)] w-[min(38rem,calc(100vw-1rem))] animate-rise flex-col overflow-hidden rounded-xl border border-line-strong bg-raised shadow-float focus:outline-none"
        >
          <Primitive.Title className="sr-only">Command palette</Primitive.Title>
          <div className="flex shrink-0 items-center gap-2.5 border-b border-line px-4">
            <Search aria-hidden className="size-4 shrink-0 text-ink-3" />
            <input
              role="combobox"
              aria-label="Search sessions, projects and actions"
              aria-expanded="true"
              aria-controls={`${id}-list`}
              aria-activedescendant={flat[at] ? `${id}-${at}` : undefined}
              aria-autocomplete="list"
              autoComplete="off"
              spellCheck={false}
              placeholder="Go to a session, or do something…"
              value={query}
              onChange={(event) => {
                setQuery(event.target.value);
                setIndex(0);
              }}
              onKeyDown={onKeyDown}
              onFocus={() => {
                const before = takeTyped?.();
                if (before) setQuery(before);
              }}
              className="h-12 w-full bg-transparent text-base outline-none placeholder:text-ink-3 sm:text-[0.9375rem]"
            />
          </div>
          <PaletteList
            id={id}
            groups={groups}
            index={at}
            onPoint={setIndex}
            onChoose={choose}
            empty={`Nothing is called “${wanted.trim()}”.`}
          />
        </DialogPanel>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

const itemsOf = (groups: readonly Group<PaletteEntry>[]) => groups.flatMap(({ items }) => items);

/** What Enter means while the list is still that of fewer letters. */
const best = (entries: readonly PaletteEntry[], query: string) =>
  itemsOf(rank(entries, query)).at(0);

/** Where a key leads in a list; null: it leads nowhere. */
function target({ key, ctrlKey }: KeyboardEvent, at: number, length: number): number | null {
  if (length === 0) return null;
  if (key === 'ArrowDown' || (ctrlKey && key === 'n')) return (at + 1) % length;
  if (key === 'ArrowUp' || (ctrlKey && key === 'p')) return (at - 1 + length) % length;
  if (key === 'PageDown') return Math.min(at + PAGE, length - 1);
  if (key === 'PageUp') return Math.max(at - PAGE, 0);
  return null;
}

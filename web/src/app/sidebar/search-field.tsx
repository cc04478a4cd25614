import { Search, X } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { withShortcut } from '@/lib/shortcuts';
import { focusList, SEARCH_ID } from './focus-search';
import { listView, useListView } from './view-state';

const NAME_LENGTH = 200;

/** Finds sessions and projects by their names. Escape empties it, an arrow leads to what it found. */
export function SearchField() {
  const { search } = useListView();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape' && search !== '') {
      event.stopPropagation();
      listView.search('');
    }
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault();
      focusList();
    }
  };
  return (
    <div className="relative min-w-0 grow">
      <Search
        aria-hidden
        className="absolute top-1/2 left-2 size-3.5 -translate-y-1/2 text-ink-3"
      />
      <input
        id={SEARCH_ID}
        type="text"
        role="searchbox"
        aria-label="Search sessions and projects"
        {...withShortcut('search', 'Search sessions and projects')}
        placeholder="Search"
        autoComplete="off"
        spellCheck={false}
        maxLength={NAME_LENGTH}
        value={search}
        onChange={(event) => listView.search(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-7 w-full pointer-coarse:h-11 rounded-md border border-transparent bg-hover pr-7 pl-7 text-base placeholder:text-ink-3 focus:border-line-strong focus:bg-raised sm:text-ui"
      />
      {search !== '' && (
        <button
          type="button"
          aria-label="Clear the search"
          onClick={() => listView.search('')}
          className="absolute top-1/2 right-1 grid size-5 pointer-coarse:right-0 pointer-coarse:size-11 -translate-y-1/2 place-items-center rounded text-ink-3 hover:text-ink"
        >
          <X aria-hidden className="size-3.5" />
        </button>
      )}
    </div>
  );
}

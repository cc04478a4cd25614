import type { ListView } from './view-state';
import { listView } from './view-state';

const texts = {
  working: 'No agent is working.',
  waiting: 'No agent needs you.',
  error: 'No session has failed.',
  unread: 'Everything is read.',
};

/** Why there is nothing in the list, and the way back. */
export function EmptyList({ view, partial }: { view: ListView; partial: boolean }) {
  const { filters, search, archived } = view;
  return (
    <div data-testid="project-list" className="min-h-0 grow px-4 pt-6 text-center">
      <p role="status" className="text-ui wrap-anywhere text-ink-3">
        {partial ? 'Nothing yet: more is being loaded.' : emptyText(view)}
      </p>
      {(archived || filters.size > 0 || search.trim() !== '') && (
        <button
          type="button"
          onClick={listView.clear}
          className="hit mt-2 rounded text-ui text-accent-text underline underline-offset-2"
        >
          Show everything
        </button>
      )}
    </div>
  );
}

function emptyText({ filters, search, archived }: ListView): string {
  const found = search.trim();
  if (found !== '' && (filters.size > 0 || archived)) {
    return `Nothing here has “${found}” in its name.`;
  }
  if (found !== '') return `No session and no project has “${found}” in its name.`;
  if (archived) return 'Nothing is archived.';
  const [only] = filters;
  if (filters.size === 1 && only) return texts[only];
  return filters.size > 1 ? 'No session is like that.' : 'There is no project yet.';
}

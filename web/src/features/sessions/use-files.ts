import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { request } from '@/lib/api';
import { messageOf } from '@/lib/errors';
import { matches } from './mentions';

const REST_MS = 120;

export interface FoundFiles {
  files: readonly string[];
  truncated: boolean;
  /** '' while there is nothing to say. */
  note: string;
}

/**
 * Files of a project for what is typed; null: nothing is. Asked for when the typing rests; a new
 * question ends the old one, and until its answer comes, what is known is narrowed here.
 */
export function useFiles(projectId: string, query: string | null): FoundFiles {
  const asked = useRested(query);
  const { data, error, isFetching } = useQuery({
    queryKey: ['files', projectId, asked],
    queryFn: ({ signal }) =>
      request('list_files', { id: projectId, query: { query: asked ?? '' }, signal }),
    enabled: query !== null && asked !== null,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    gcTime: 60_000,
    retry: false,
    refetchOnWindowFocus: false,
  });
  if (query === null) return { files: [], truncated: false, note: '' };
  const settled = asked === query && !isFetching;
  const known = data?.files ?? [];
  const files = settled ? known : known.filter((path) => matches(path, query));
  return { files, truncated: settled && data?.truncated === true, note: note() };

  function note(): string {
    if (error && settled) return `The files were not listed. ${messageOf(error)}`;
    if (files.length > 0) return '';
    if (!settled) return 'Looking for files…';
    return query === '' ? 'This project has no files yet.' : `No file matches “${query}”.`;
  }
}

/** The first question is asked at once. */
function useRested(query: string | null): string | null {
  const [rested, setRested] = useState(query);
  if (query === null ? rested !== null : rested === null) setRested(query);
  useEffect(() => {
    const timer = setTimeout(() => setRested(query), REST_MS);
    return () => clearTimeout(timer);
  }, [query]);
  return rested;
}

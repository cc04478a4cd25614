import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { request } from '@/lib/api';

const FRESH_MS = 10_000;

const directoriesQuery = (path: string) =>
  queryOptions({
    queryKey: ['directories', path] as const,
    queryFn: ({ signal }) => request('list_directories', { query: { path }, signal }),
    staleTime: FRESH_MS,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** The directories in one; the list before it stays until it is there. */
export function useDirectories(path: string | null) {
  return useQuery({
    ...directoriesQuery(path ?? ''),
    enabled: path !== null,
    placeholderData: keepPreviousData,
  });
}

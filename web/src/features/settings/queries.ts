import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { request } from '@/lib/api';
import type { AccessResponse } from '@/shared/websocket';

const accessQuery = queryOptions({
  queryKey: ['access'] as const,
  queryFn: async () => (await request('list_access')).access,
  staleTime: 0,
  retry: false,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
});

const aboutQuery = queryOptions({
  queryKey: ['about'] as const,
  queryFn: () => request('about'),
  staleTime: 60_000,
  retry: false,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
});

export const useAccess = () => useQuery(accessQuery);
export const useAbout = () => useQuery(aboutQuery);

export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    meta: { failed: null },
    mutationFn: (name: string) => request('create_token', { body: { name } }),
    onSuccess: ({ access }) =>
      client.setQueryData(accessQuery.queryKey, (old: AccessResponse[] | undefined) =>
        old ? [...old, access] : old,
      ),
  });
}

export function useRevoke() {
  const client = useQueryClient();
  return useMutation({
    meta: { failed: null },
    mutationFn: (id: string) => request('delete_access', { id }),
    onSuccess: (_nothing, id) =>
      client.setQueryData(accessQuery.queryKey, (old: AccessResponse[] | undefined) =>
        old?.filter((access) => access.id !== id),
      ),
  });
}

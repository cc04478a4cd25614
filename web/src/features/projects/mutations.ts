import { useMutation, useQueryClient } from '@tanstack/react-query';
import { request } from '@/lib/api';
import { updateView } from '@/shared/rows/store';
import { mergeProjectRow, removeIds } from '@/shared/rows/view';
import type { CreateProjectRequest } from '@/shared/websocket';

/** The answer is the row, merged by `rev` like every other: the push may have been first. */
export function useCreateProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateProjectRequest) => request('create_project', { body }),
    onSuccess: (project) => updateView(client, (view) => mergeProjectRow(view, project)),
  });
}

export function useRenameProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      request('update_project', { id, body: { name } }),
    onSuccess: (project) => updateView(client, (view) => mergeProjectRow(view, project)),
  });
}

export function useDeleteProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request('delete_project', { id }),
    onSuccess: (_nothing, id) =>
      updateView(client, (view) => removeIds(view, { projects: [id], sessions: [] })),
  });
}

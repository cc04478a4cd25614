import { recordsOf, textOf, type Unknowns } from '@/lib/unknown';
import type { PermissionRequest } from '@/shared/websocket';
import { visible } from './visible';

/** What becomes of one file: both texts, or a patch. */
export type FileChange =
  | { path: string; patch: string }
  /** null: there was none, or there will be none. */
  | { path: string; old: string | null; now: string | null };

const isText = (value: unknown) => typeof value === 'string' || value === null;

/** `metadata.diffs` of a record; what has another form is left out. */
export function changesOf(diffs: unknown): FileChange[] {
  return recordsOf(diffs).flatMap((one): FileChange[] => {
    const path = visible(textOf(one.path));
    if (path === '') return [];
    if (typeof one.patch === 'string') return [{ path, patch: one.patch }];
    const { old = null, new: now = null } = one;
    if (!isText(old) || !isText(now) || (old === null && now === null)) return [];
    return [{ path, old: old as string | null, now: now as string | null }];
  });
}

/** What a request for leave would change in files; none: it is no such request. */
export function editsOf({ input }: Pick<PermissionRequest, 'input'>): FileChange[] {
  if (!input) return [];
  const told = changesOf(input.diffs);
  if (told.length > 0) return told;
  const path = visible(textOf(input.file_path) || textOf(input.path) || textOf(input.filePath));
  if (path === '') return [];
  const pairs = [input, ...recordsOf(input.edits)].flatMap((one) => pairOf(path, one));
  if (pairs.length > 0) return pairs;
  // Whether the file is there already is not told, so this does not claim that it is new.
  return typeof input.content === 'string' ? [{ path, old: '', now: input.content }] : [];
}

function pairOf(path: string, { old_string: old, new_string: now }: Unknowns): FileChange[] {
  return typeof old === 'string' && typeof now === 'string' ? [{ path, old, now }] : [];
}

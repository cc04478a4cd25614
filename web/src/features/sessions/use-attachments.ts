import { useMemo, useSyncExternalStore } from 'react';
import { drafts } from './drafts';
import { uploads } from './uploads';

/** The images of a draft: those that the server has are in the draft, the others on their way. */
export function useAttachments(draftKey: string, refused: string | null) {
  const all = useSyncExternalStore(uploads.subscribe, uploads.all);
  const problem = useSyncExternalStore(uploads.subscribe, () => uploads.problem(draftKey));
  const running = useMemo(() => all.filter((item) => item.draftKey === draftKey), [all, draftKey]);
  return {
    running,
    problem,
    add: (files: readonly File[]) => uploads.add(draftKey, files, refused),
    stop: (key: number) => uploads.remove(key),
    remove: (id: string) => {
      uploads.forget(draftKey);
      drafts.setImages(draftKey, (images) => images.filter((one) => one.id !== id));
    },
  };
}

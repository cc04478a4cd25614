import { useCallback, useSyncExternalStore } from 'react';
import { drafts } from './drafts';

export function useDraft(key: string) {
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(key));
  const setDraft = useCallback((text: string) => drafts.set(key, text), [key]);
  return { draft, setDraft };
}

import { type KeyboardEvent, useState } from 'react';
import { messageOf } from '@/lib/errors';
import { Limits, type ProjectWithSessions } from '@/shared/websocket';
import type { Option } from './components/directory-list';
import { useDirectories } from './directories';
import { completed, fitting, takeApart } from './path-text';

type Projects = readonly ProjectWithSessions[];

/** A path as it is typed, with the directories that fit: arrows choose, Enter goes in, Tab completes. */
export function useDirectoryChoice(
  typed: string,
  setTyped: (text: string) => void,
  projects: Projects,
) {
  const [index, setIndex] = useState(-1);
  const { directory, partial } = takeApart(typed);
  const { data: newest, error, isPlaceholderData } = useDirectories(directory);
  const data = directory === null ? undefined : newest;
  const listed = isPlaceholderData ? undefined : data;
  const found = fitting(data?.directories ?? [], partial);
  const byPath = new Map(projects.map((project) => [project.path, project]));
  const parent = data?.parent ?? null;
  const options: Option[] = [];
  if (parent !== null && partial === '') {
    options.push({ key: '..', label: '..', kind: 'parent', value: withSlash(parent) });
  }
  for (const { name, path } of found) {
    const kind = byPath.has(path) ? 'project' : 'directory';
    options.push({ key: path, label: name, kind, value: withSlash(path) });
  }
  const set = (text: string) => {
    setIndex(-1);
    setTyped(text);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const { key } = event;
    const chosen = options[index];
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      const places = options.length + 1; // the field itself is one of them
      setIndex(((index + (key === 'ArrowDown' ? 2 : places)) % places) - 1);
    } else if (key === 'Enter' && chosen) {
      set(chosen.value);
    } else if (key === 'Tab' && !event.shiftKey && listed) {
      const next = chosen?.value ?? (partial === '' ? typed : completed(typed, listed.directories));
      if (next === typed) return;
      set(next);
    } else return;
    event.preventDefault();
  };
  const here = partial === '' && listed ? listed.path : undefined;
  const exact = here ?? found.find(({ name }) => name === partial)?.path;
  return {
    options,
    index,
    set,
    onKeyDown,
    note: noteOf({ error, directory, found: found.length, data, partial }),
    /** The project that is there already. */
    existing: exact === undefined ? undefined : byPath.get(exact),
  };
}

const withSlash = (path: string) => (path.endsWith('/') ? path : `${path}/`);

interface Facts {
  error: Error | null;
  directory: string | null;
  data: { directories: readonly unknown[]; truncated: boolean } | undefined;
  found: number;
  partial: string;
}

function noteOf({ error, directory, data, found, partial }: Facts): string | null {
  if (directory === null) return 'A path begins with / or ~/.';
  if (error) return messageOf(error);
  if (!data) return 'Looking…';
  if (data.truncated)
    return `Only the first ${Limits.DIRECTORY_ENTRIES} are listed; type to go on.`;
  if (found > 0) return null;
  if (partial !== '') return `Nothing here begins with “${partial}”.`;
  return 'There are no directories in here.';
}

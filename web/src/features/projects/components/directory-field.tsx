import { useId } from 'react';
import { Link } from 'react-router';
import { cn } from '@/lib/cn';
import { Limits, type ProjectWithSessions } from '@/shared/websocket';
import { useDirectoryChoice } from '../use-directory-choice';
import { DirectoryList } from './directory-list';

interface Props {
  value: string;
  onChange: (value: string) => void;
  error: string | null;
  projects: readonly ProjectWithSessions[];
  /** A project that is there already is opened instead. */
  onOpen?: (() => void) | undefined;
}

/** A path of the machine where muster runs, typed or chosen. */
export function DirectoryField({ value, onChange, error, projects, onOpen }: Props) {
  const id = useId();
  const choice = useDirectoryChoice(value, onChange, projects);
  const listId = `${id}-list`;
  return (
    <div>
      <label htmlFor={id} className="text-ui font-medium">
        Directory
      </label>
      <input
        id={id}
        role="combobox"
        aria-expanded="true"
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={choice.index >= 0 ? `${listId}-${choice.index}` : undefined}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-note`}
        autoFocus
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="~/code/project"
        value={value}
        maxLength={Limits.PATH_BYTES}
        onChange={(event) => choice.set(event.target.value)}
        onKeyDown={choice.onKeyDown}
        className={cn(
          'mt-1 h-9 w-full rounded-md border bg-canvas px-2.5 font-mono text-base placeholder:text-ink-3 sm:text-sm',
          error ? 'border-danger' : 'border-line-strong',
        )}
      />
      <div id={`${id}-note`} className="text-xs wrap-anywhere">
        {error && (
          <p role="alert" className="mt-1 text-danger">
            {error}
          </p>
        )}
        {choice.existing && (
          <p className="mt-1 text-ink-2">
            This is already the project{' '}
            <Link
              to={`/projects/${choice.existing.id}`}
              onClick={onOpen}
              className="text-accent-text underline underline-offset-2"
            >
              {choice.existing.name}
            </Link>
            .
          </p>
        )}
      </div>
      <DirectoryList
        id={listId}
        options={choice.options}
        index={choice.index}
        onChoose={(option) => choice.set(option.value)}
        note={choice.note}
      />
    </div>
  );
}

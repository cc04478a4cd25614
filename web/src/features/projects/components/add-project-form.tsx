import { type FormEvent, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Field } from '@/components/ui/field';
import { messageOf } from '@/lib/errors';
import { Limits, type ProjectResponse, type ProjectWithSessions } from '@/shared/websocket';
import { useCreateProject } from '../mutations';
import { meantPath } from '../path-text';
import { DirectoryField } from './directory-field';

interface Props {
  projects: readonly ProjectWithSessions[];
  onAdded: (project: ProjectResponse) => void;
  onCancel?: () => void;
}

export function AddProjectForm({ projects, onAdded, onCancel }: Props) {
  const [path, setPath] = useState('~/');
  const [name, setName] = useState('');
  const create = useCreateProject();
  const meant = meantPath(path);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = name.trim();
    create.mutate({ path: meant, ...(trimmed ? { name: trimmed } : {}) }, { onSuccess: onAdded });
  };
  return (
    <form className="mt-4 flex flex-col gap-4 text-left" onSubmit={submit}>
      <DirectoryField
        value={path}
        projects={projects}
        onOpen={onCancel}
        error={create.error ? messageOf(create.error) : null}
        onChange={(value) => {
          setPath(value);
          create.reset();
        }}
      />
      <Field
        label="Name (optional)"
        hint="Left empty, it is named after the directory."
        autoComplete="off"
        value={name}
        maxLength={Limits.NAME_BYTES}
        onChange={(event) => setName(event.target.value)}
      />
      <div className="flex justify-end gap-2">
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
        <Button look="primary" type="submit" disabled={meant === '' || create.isPending}>
          Add project
        </Button>
      </div>
    </form>
  );
}

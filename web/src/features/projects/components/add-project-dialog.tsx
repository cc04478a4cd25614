import { type FormEvent, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Field } from '@/components/ui/field';
import { messageOf } from '@/lib/errors';
import { Limits, type ProjectResponse } from '@/shared/websocket';
import { useCreateProject } from '../mutations';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onAdded: (project: ProjectResponse) => void;
}

export function AddProjectDialog({ open, onOpenChange, onAdded }: Props) {
  const added = (project: ProjectResponse) => {
    onOpenChange(false);
    onAdded(project);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Add a project"
      description="A directory on the machine where muster runs. Agents work in it."
    >
      <AddProjectForm onAdded={added} onCancel={() => onOpenChange(false)} />
    </Dialog>
  );
}

interface FormProps {
  onAdded: (project: ProjectResponse) => void;
  onCancel?: () => void;
}

export function AddProjectForm({ onAdded, onCancel }: FormProps) {
  const [path, setPath] = useState('');
  const [name, setName] = useState('');
  const create = useCreateProject();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = name.trim();
    create.mutate(
      { path: path.trim(), ...(trimmed ? { name: trimmed } : {}) },
      { onSuccess: onAdded },
    );
  };
  return (
    <form className="mt-4 flex flex-col gap-4 text-left" onSubmit={submit}>
      <Field
        label="Directory"
        placeholder="/home/you/code/project"
        autoFocus
        autoComplete="off"
        spellCheck={false}
        className="font-mono"
        value={path}
        maxLength={Limits.PATH_BYTES}
        error={create.error ? messageOf(create.error) : null}
        onChange={(event) => {
          setPath(event.target.value);
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
        <Button look="primary" type="submit" disabled={path.trim() === '' || create.isPending}>
          Add project
        </Button>
      </div>
    </form>
  );
}

import { type FormEvent, useState } from 'react';
import { messageOf } from '@/lib/errors';
import { Limits } from '@/shared/websocket/generated';
import { Button } from './button';
import { Dialog } from './dialog';
import { Field } from './field';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  name: string;
  onRename: (name: string) => Promise<unknown>;
}

export function RenameDialog({ open, onOpenChange, title, ...form }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title}>
      <RenameForm {...form} done={() => onOpenChange(false)} />
    </Dialog>
  );
}

type FormProps = Pick<Props, 'name' | 'onRename'> & { done: () => void };

function RenameForm({ name, onRename, done }: FormProps) {
  const [value, setValue] = useState(name);
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      if (value.trim() !== name) await onRename(value.trim());
      done();
    } catch (reason) {
      setError(messageOf(reason));
    }
  };
  return (
    <form className="mt-4" onSubmit={(event) => void submit(event)}>
      <Field
        label="Name"
        value={value}
        error={error}
        maxLength={Limits.NAME_BYTES}
        onChange={(event) => setValue(event.target.value)}
        onFocus={(event) => event.target.select()}
      />
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={done}>Cancel</Button>
        <Button look="primary" type="submit" disabled={value.trim() === ''}>
          Rename
        </Button>
      </div>
    </form>
  );
}

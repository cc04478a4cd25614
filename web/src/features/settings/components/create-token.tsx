import { Copy } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Field } from '@/components/ui/field';
import { copyText } from '@/lib/copy-text';
import { messageOf } from '@/lib/errors';
import { Limits } from '@/shared/websocket';
import { useCreateToken } from '../queries';

/** A token is shown once: the server keeps no more than its hash. */
export function CreateToken() {
  const [name, setName] = useState('');
  const create = useCreateToken();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(name.trim(), { onSuccess: () => setName('') });
  };
  const token = create.data?.token;
  return (
    <form onSubmit={submit} className="mt-3 flex flex-wrap items-start gap-2">
      <div className="w-64 max-w-full">
        <Field
          label="New token"
          placeholder="What it is for"
          autoComplete="off"
          maxLength={Limits.NAME_BYTES}
          value={name}
          error={create.error ? messageOf(create.error) : null}
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <Button type="submit" className="mt-6.5" disabled={name.trim() === '' || create.isPending}>
        Create token
      </Button>
      <Dialog
        open={token !== undefined}
        onOpenChange={() => create.reset()}
        title="The new token"
        description="Copy it now: it is not shown again. Programs send it as Authorization: Bearer …"
      >
        <p
          data-testid="token"
          className="mt-3 rounded-md border border-line bg-sunken px-3 py-2 font-mono text-xs wrap-anywhere select-all"
        >
          {token}
        </p>
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={() => void copyText(token ?? '', 'The token is copied.')}>
            <Copy aria-hidden className="size-3.5" />
            Copy
          </Button>
          <Button look="primary" onClick={() => create.reset()}>
            Done
          </Button>
        </div>
      </Dialog>
    </form>
  );
}

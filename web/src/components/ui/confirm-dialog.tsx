import { type ReactNode, useState } from 'react';
import { messageOf } from '@/lib/errors';
import { Button } from './button';
import { Dialog } from './dialog';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: ReactNode;
  action: string;
  /** Its failure is said here, and the dialog stays. */
  onConfirm: () => Promise<unknown>;
}

export function ConfirmDialog({ onConfirm, action, onOpenChange, ...dialog }: Props) {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (reason) {
      setError(messageOf(reason));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog {...dialog} onOpenChange={onOpenChange}>
      {error && (
        <p role="alert" className="mt-3 text-ui text-danger">
          {error}
        </p>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => onOpenChange(false)}>Cancel</Button>
        <Button look="danger" disabled={busy} onClick={() => void confirm()}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}

import { BellRing } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { notify } from '@/lib/notify';
import { storage } from '@/lib/storage';
import { askPermission, usePermission } from '../notifications';
import { blockedText } from '../permission-texts';

const KEY = 'attention-hint';

/** Offers notifications once, when there is something to wait for. The browser asks after the click. */
export function AttentionHint({ working }: { working: boolean }) {
  const [wanted, setWanted] = useState(() => storage.get(KEY) !== 'no');
  const dismiss = () => {
    storage.set(KEY, 'no');
    setWanted(false);
  };
  return wanted && working && <Offer dismiss={dismiss} />;
}

/** Only here the browser is asked what it permits: it answers from another process, and one waits. */
function Offer({ dismiss }: { dismiss: () => void }) {
  const permission = usePermission();
  if (permission !== 'default') return null;
  const turnOn = async () => {
    if ((await askPermission()) === 'denied') notify.info(blockedText);
    dismiss();
  };
  return (
    <section
      aria-label="Notifications"
      data-testid="attention-hint"
      className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line bg-sunken px-4 py-1.5 text-ui text-ink-2"
    >
      <p className="flex min-w-0 grow basis-60 items-center gap-2">
        <BellRing aria-hidden className="size-4 shrink-0 text-ink-3" />
        Get told when a session finishes, fails or needs you while you look elsewhere?
      </p>
      <span className="flex gap-1.5">
        <Button size="sm" onClick={() => void turnOn()}>
          Turn on notifications
        </Button>
        <Button size="sm" look="ghost" onClick={dismiss}>
          Not now
        </Button>
      </span>
    </section>
  );
}

import { useEffect } from 'react';
import { CloudOff, LoaderCircle } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { clockTime } from '@/lib/time';
import { eventBus } from '@/shared/websocket';
import { useConnection, useUnverifiedSince } from '../use-connection';
import { useVerdict } from '../use-verdict';

const words = {
  'server-down': 'The server does not answer. Trying again…',
  'signed-out': 'This browser is not signed in any more: run `muster login-url` and open its link.',
  refused: 'The server is there, but refuses the connection. Trying again…',
};

/** Says since when the page cannot vouch for what it shows. */
export function ConnectionBanner({ onSignedOut }: { onSignedOut: () => void }) {
  const since = useUnverifiedSince();
  const { phase } = useConnection();
  const verdict = useVerdict();
  const signedOut = verdict === 'signed-out';
  useEffect(() => {
    if (signedOut) onSignedOut();
  }, [signedOut, onSignedOut]);
  if (since === null) return null;
  const connected = phase === 'open';
  return (
    <div
      role="status"
      data-testid="connection-banner"
      className="flex shrink-0 items-center gap-2 border-b border-line bg-waiting-soft px-4 py-1.5 text-ui text-waiting"
    >
      {connected ? (
        <LoaderCircle aria-hidden className="size-4 shrink-0 animate-spin" />
      ) : (
        <CloudOff aria-hidden className="size-4 shrink-0" />
      )}
      <p className="min-w-0 grow">
        <span className="font-medium">
          {connected ? 'Catching up since ' : 'Disconnected since '}
          {clockTime(since)}
        </span>{' '}
        — what you see is unverified. {connected ? '' : words[verdict ?? 'server-down']}
      </p>
      {!connected && (
        <Button size="sm" onClick={() => eventBus.reconnect()}>
          Retry now
        </Button>
      )}
    </div>
  );
}

import { useMutation, useQueryClient, useIsFetching } from '@tanstack/react-query';
import { LoaderCircle } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button } from '@/components/ui/button';
import { messageOf } from '@/lib/errors';
import type { NearWatch } from '../near';
import { loadOlder } from '../older';
import { sessionKeys } from '../queries';

interface Props {
  sessionId: string;
  /** The oldest message that is here. */
  first: string | undefined;
  watch: NearWatch['watch'];
}

/** On top of what is here: loads the page before it when the reader comes near. */
export function OlderMessages({ sessionId, first, watch }: Props) {
  const client = useQueryClient();
  const box = useRef<HTMLDivElement>(null);
  const loading = useIsFetching({ queryKey: sessionKeys.olderOf(sessionId) }) > 0;
  const { mutate, error, isPending } = useMutation({
    meta: { failed: null },
    mutationFn: () => loadOlder(client, sessionId),
  });
  const failed = error !== null && !isPending;
  useEffect(() => {
    if (failed || !box.current) return;
    return watch(box.current, () => mutate());
  }, [failed, first, watch, mutate]);
  return (
    <div ref={box} className="grid min-h-10 place-items-center text-ui text-ink-3">
      {failed ? (
        <div role="alert" className="flex flex-wrap items-center justify-center gap-2">
          <span className="text-danger">Older messages did not load. {messageOf(error)}</span>
          <Button size="sm" onClick={() => mutate()}>
            Try again
          </Button>
        </div>
      ) : (
        <span className="flex items-center gap-2" data-testid="loading-older">
          {loading && <LoaderCircle aria-hidden className="size-3.5 animate-spin" />}
          {loading ? 'Loading older messages…' : 'Older messages'}
        </span>
      )}
    </div>
  );
}

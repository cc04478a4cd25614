import { ServerOff } from 'lucide-react';
import { Button } from '@/components/ui/button';

/** The first list did not come, and nothing else has. */
export function UnreachablePage({ reason }: { reason: string }) {
  return (
    <main className="flex h-full items-center justify-center p-6">
      <div className="max-w-sm text-center">
        <ServerOff aria-hidden className="mx-auto size-8 text-ink-3" strokeWidth={1.5} />
        <h1 className="mt-4 text-lg font-semibold">muster cannot be reached</h1>
        <p className="mt-2 text-ink-2">{reason}</p>
        <p className="mt-2 text-ui text-ink-3">
          This page tries again by itself, and goes on as soon as the server is there.
        </p>
        <Button className="mt-4" onClick={() => location.reload()}>
          Try again now
        </Button>
      </div>
    </main>
  );
}

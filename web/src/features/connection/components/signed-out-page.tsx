import { KeyRound } from 'lucide-react';
import { Button } from '@/components/ui/button';

/** No cookie, or not a good one any more. */
export function SignedOutPage() {
  return (
    <main className="flex h-full items-center justify-center p-6">
      <div className="max-w-sm text-center">
        <KeyRound aria-hidden className="mx-auto size-8 text-ink-3" strokeWidth={1.5} />
        <h1 className="mt-4 text-lg font-semibold">This browser is not signed in</h1>
        <p className="mt-2 text-ink-2">
          On the machine where muster runs, print a sign-in link and open it in this browser. It
          works once, for ten minutes.
        </p>
        <pre className="mt-4 rounded-lg border border-line bg-sunken px-3 py-2.5 text-left font-mono text-ui">
          muster login-url
        </pre>
        <Button look="primary" className="mt-4" onClick={() => location.reload()}>
          Try again
        </Button>
      </div>
    </main>
  );
}

import { Button } from '@/components/ui/button';
import { copyText } from '@/lib/copy-text';

/** What is shown in the place of what broke. */
export default function Broken({ error, details }: { error: Error; details: string }) {
  const all = `${navigator.userAgent}\n${location.pathname}\n${details}`;
  return (
    <div role="alert" className="grid h-full grow place-items-center overflow-y-auto p-6">
      <div className="w-full max-w-lg">
        <h1 className="text-lg font-semibold">This part of the page broke</h1>
        <p className="mt-1.5 text-ink-2">
          The sessions are not touched by that: what runs goes on. Reload the page; what you typed
          is kept. If it breaks again, the details say where.
        </p>
        <div className="mt-4 flex gap-2">
          <Button look="primary" onClick={() => location.reload()}>
            Reload
          </Button>
          <Button onClick={() => void copyText(all, 'The details are copied.')}>
            Copy the details
          </Button>
        </div>
        <details className="mt-4 text-ui">
          <summary className="cursor-pointer wrap-anywhere text-ink-2">{error.message}</summary>
          <pre className="mt-2 max-h-60 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs">
            {details}
          </pre>
        </details>
      </div>
    </div>
  );
}

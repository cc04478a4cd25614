import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { copyText } from '@/lib/clipboard';
import { notify } from '@/lib/notify';

const SAID_MS = 1500;

interface Props {
  text: string;
  /** "Copy code" */
  label: string;
  className?: string;
}

/** Copies, and says for a moment that it did. */
export function CopyButton({ text, label, className }: Props) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    const done = await copyText(text);
    setCopied(done);
    if (!done) notify.error('The browser does not allow copying here. Select the text instead.');
  };
  return (
    <>
      <IconButton
        label={copied ? 'Copied' : label}
        onClick={() => void copy()}
        className={cn('size-6 bg-sunken', copied && 'opacity-100!', className)}
      >
        {copied ? (
          <Check aria-hidden className="size-3.5 text-ok" />
        ) : (
          <Copy aria-hidden className="size-3.5" />
        )}
      </IconButton>
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </>
  );
}

import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { IconButton } from '@/components/ui/button';

/** Longer code is shown as it is: colours are not worth a blocked page. */
const HIGHLIGHT_MAX = 50_000;

export function CodeBlock({ code, language }: { code: string; language: string }) {
  return (
    <div className="group/code relative overflow-hidden rounded-lg border border-line bg-sunken">
      {language && (
        <div className="border-b border-line px-3 py-1 text-[11px] text-ink-3">{language}</div>
      )}
      <pre className="overflow-x-auto px-3 py-2.5 font-mono text-[12.5px] leading-[1.55]">
        <code>{useHighlighted(code, language)}</code>
      </pre>
      <CopyButton text={code} />
    </div>
  );
}

function useHighlighted(code: string, language: string): ReactNode {
  const [result, setResult] = useState<{ code: string; node: ReactNode } | null>(null);
  useEffect(() => {
    if (!language || code.length > HIGHLIGHT_MAX) return;
    let current = true;
    void import('../highlight').then(({ highlight }) => {
      if (current) setResult({ code, node: highlight(code, language) });
    });
    return () => {
      current = false;
    };
  }, [code, language]);
  return result?.code === code && result.node ? result.node : code;
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch {
      setCopied(false);
    }
  };
  return (
    <IconButton
      label={copied ? 'Copied' : 'Copy code'}
      onClick={() => void copy()}
      className="absolute top-0.5 right-1 size-6 bg-sunken opacity-0 group-hover/code:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
    >
      {copied ? <Check className="size-3.5 text-ok" /> : <Copy className="size-3.5" />}
    </IconButton>
  );
}

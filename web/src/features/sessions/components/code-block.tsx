import { type ReactNode, useEffect, useState } from 'react';
import { fetchPart } from '@/lib/part';
import { CopyButton } from './copy-button';

/** Longer code is shown as it is: colours are not worth a blocked page. */
const HIGHLIGHT_MAX = 50_000;
/** Code that grows is coloured anew when it has paused. */
const PAUSE_MS = 150;

interface Props {
  code: string;
  language: string;
  /** Its language goes without saying. */
  bare?: boolean;
}

export function CodeBlock({ code, language, bare = false }: Props) {
  return (
    <div className="group/code relative overflow-hidden rounded-lg border border-line bg-sunken">
      {language && !bare && (
        <div data-nofind className="border-b border-line px-3 py-1 text-tiny text-ink-3">
          {language}
        </div>
      )}
      <pre className="overflow-x-auto px-3 py-2.5 font-mono text-[0.78125rem] leading-[1.55]">
        <code>{useHighlighted(code, language)}</code>
      </pre>
      <CopyButton
        text={code}
        label="Copy code"
        className="absolute top-0.5 right-1 opacity-0 group-hover/code:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
      />
    </div>
  );
}

/** While code streams, what was coloured stays so, and what came since is plain for a moment. */
function useHighlighted(code: string, language: string): ReactNode {
  const [result, setResult] = useState<{ code: string; node: ReactNode } | null>(null);
  const began = result !== null;
  useEffect(() => {
    if (!language || code.length > HIGHLIGHT_MAX) return;
    const timer = setTimeout(
      () => {
        void fetchPart(() => import('../highlight')).then(({ highlight }) => {
          setResult({ code, node: highlight(code, language) });
        });
      },
      began ? PAUSE_MS : 0,
    );
    return () => clearTimeout(timer);
  }, [code, language, began]);
  if (!result?.node || !code.startsWith(result.code)) return code;
  return (
    <>
      {result.node}
      {code.slice(result.code.length)}
    </>
  );
}

import { memo, Suspense, useDeferredValue } from 'react';
import { lazyPart } from '@/lib/part';
import { stripAnsi } from '../ansi';
import { piecesOf } from '../pieces';

const Markdown = lazyPart(() => import('./markdown'));

interface Props {
  text: string;
  /** Output of the shell agent, which is not Markdown. */
  plain: boolean;
}

export function TextMessage({ text, plain }: Props) {
  // While text streams, typing and scrolling come before parsing it.
  const deferred = useDeferredValue(text);
  if (plain) return <Output text={deferred} />;
  return (
    <Suspense fallback={<div className="wrap-anywhere whitespace-pre-wrap">{deferred}</div>}>
      <Markdown text={deferred} />
    </Suspense>
  );
}

/** Output of a program, in pieces of whole lines: while it grows, only the last one changes. */
export function Output({ text }: { text: string }) {
  const pieces = piecesOf(text);
  return (
    <pre className="overflow-x-auto rounded-lg border border-line bg-sunken px-3 py-2.5 font-mono text-[0.78125rem] leading-[1.55] wrap-anywhere whitespace-pre-wrap">
      {pieces.length === 1 && stripAnsi(text)}
      {pieces.length > 1 && pieces.map((piece, index) => <Piece key={index} text={piece} />)}
    </pre>
  );
}

const Piece = memo(function Piece({ text }: { text: string }) {
  return <div className="min-h-[1lh]">{stripAnsi(text)}</div>;
});

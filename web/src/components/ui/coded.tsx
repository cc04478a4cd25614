import { Fragment } from 'react';

/** A sentence of the server; what stands in backticks is code. */
export function Coded({ text }: { text: string }) {
  return text.split('`').map((part, nth) =>
    nth % 2 === 1 ? (
      <code key={nth} className="rounded bg-sunken px-1 font-mono text-[0.95em]">
        {part}
      </code>
    ) : (
      <Fragment key={nth}>{part}</Fragment>
    ),
  );
}

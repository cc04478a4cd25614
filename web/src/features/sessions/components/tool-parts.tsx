import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { useReveal } from '../reveal';
import type { InputPart } from '../tool-input';
import { CopyButton } from './copy-button';
import { CodeBlock } from './code-block';
import { Output } from './text-message';

/** Lines of an output that are there at once; a long one is rarely read from its beginning to its end. */
const FIRST_LINES = 200;

/** What a call was given: words beside their names, and below them what has lines. */
export function ToolInput({ parts }: { parts: readonly InputPart[] }) {
  const facts = parts.filter(({ form }) => form === 'inline');
  return (
    <>
      {parts.map((part, index) => part.form === 'command' && <Command key={index} {...part} />)}
      {facts.length > 0 && (
        <dl className="mt-1.5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5 text-xs">
          {facts.map(({ label, text }, index) => (
            <div key={index} className="contents">
              <dt data-nofind className="text-ink-3">
                {label}
              </dt>
              <dd className="font-mono wrap-anywhere whitespace-pre-wrap text-ink-2">{text}</dd>
            </div>
          ))}
        </dl>
      )}
      {parts.map(({ label, text, form }, index) => {
        if (form === 'text') return <Part key={index} name={label} text={text} />;
        if (form !== 'json') return null;
        return (
          <div key={index} className="mt-1.5">
            <PartName name={label} />
            <CodeBlock code={text} language="json" bare />
          </div>
        );
      })}
    </>
  );
}

function Command({ text }: InputPart) {
  return (
    <div className="group/code relative mt-1.5 rounded-lg border border-line bg-sunken">
      <pre className="max-h-60 overflow-auto py-2 pr-9 pl-7 font-mono text-[0.78125rem] leading-[1.55] wrap-anywhere whitespace-pre-wrap">
        <span aria-hidden data-nofind className="absolute left-3 text-ink-3 select-none">
          $
        </span>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label="Copy command" className={corner} />
    </div>
  );
}

const corner =
  'absolute top-1 right-1 opacity-0 group-hover/code:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100';

/** Text of a call: the last lines are what one looks for, so a long one begins with them. */
export function Part({ name, text }: { name: string; text: string }) {
  const reveal = useReveal();
  const [all, setAll] = useState(reveal);
  if (text === '') return null;
  const whole = all || reveal;
  const from = whole ? 0 : lastLines(text, FIRST_LINES);
  const hidden = from === 0 ? 0 : text.slice(0, from).split('\n').length - 1;
  return (
    <div className="group/code mt-1.5">
      <PartName name={name} />
      <div className="relative">
        <div className="max-h-96 overflow-y-auto rounded-lg">
          {hidden > 0 && (
            <Button
              data-expands
              size="sm"
              look="ghost"
              className="mb-1"
              onClick={() => setAll(true)}
            >
              Show {hidden.toLocaleString('en')} lines before
            </Button>
          )}
          <Output text={text.slice(from)} />
        </div>
        <CopyButton text={text} label={`Copy ${name.toLowerCase()}`} className={corner} />
      </div>
    </div>
  );
}

function PartName({ name }: { name: string }) {
  return (
    <div data-nofind className="mb-1 text-tiny text-ink-3">
      {name}
    </div>
  );
}

/** Where the last lines of a text begin. */
function lastLines(text: string, count: number): number {
  let at = text.endsWith('\n') ? text.length - 1 : text.length;
  for (let line = 0; line < count; line += 1) {
    if (at <= 0) return 0;
    at = text.lastIndexOf('\n', at - 1);
    if (at === -1) return 0;
  }
  return at + 1;
}

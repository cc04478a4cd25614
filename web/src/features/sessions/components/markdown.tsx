import { type ComponentProps, memo, useState } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { fencedCode, growBlocks, type Split } from '../blocks';
import { textDirections } from '../text-directions';
import { CodeBlock } from './code-block';

const plugins = [remarkGfm];
const directions = [textDirections];

const components: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
  table: ({ children }) => (
    <div className="table-scroll">
      <table>{children}</table>
    </div>
  ),
  // A picture would be fetched from wherever an agent says: its address is shown, not loaded.
  img: ({ src, alt }) => (
    <a href={typeof src === 'string' ? src : undefined} target="_blank" rel="noreferrer noopener">
      {alt || src}
    </a>
  ),
  pre: ({ children }) => <>{children}</>,
  code: Code,
};

function Code({ className, children }: ComponentProps<'code'>) {
  const text = String(children ?? '');
  const language = /language-([\w+#-]+)/.exec(className ?? '')?.[1];
  if (!language && !text.endsWith('\n')) return <code>{children}</code>;
  return <CodeBlock code={text.replace(/\n$/, '')} language={language ?? ''} />;
}

const Block = memo(function Block({ text }: { text: string }) {
  const fenced = fencedCode(text);
  if (fenced) return <CodeBlock {...fenced} />;
  return (
    <ReactMarkdown remarkPlugins={plugins} rehypePlugins={directions} components={components}>
      {text}
    </ReactMarkdown>
  );
});

const nothing: Split = { text: '', blocks: [''] };

/** An agent's text. Raw HTML in it stays text. Of one that grows, only the end is looked at again. */
export default function Markdown({ text }: { text: string }) {
  const [split, setSplit] = useState(nothing);
  const grown = growBlocks(split, text);
  if (grown !== split) setSplit(grown);
  return (
    <div className="prose-muster">
      {grown.blocks.map((block, index) => (
        <Block key={index} text={block} />
      ))}
    </div>
  );
}

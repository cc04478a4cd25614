import { type ComponentProps, memo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { splitBlocks } from '../blocks';
import { CodeBlock } from './code-block';

const plugins = [remarkGfm];

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
  return (
    <ReactMarkdown remarkPlugins={plugins} components={components}>
      {text}
    </ReactMarkdown>
  );
});

/** An agent's text. Raw HTML in it stays text. */
export default function Markdown({ text }: { text: string }) {
  return (
    <div className="prose-muster">
      {splitBlocks(text).map((block, index) => (
        <Block key={index} text={block} />
      ))}
    </div>
  );
}

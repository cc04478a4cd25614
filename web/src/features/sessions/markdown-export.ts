import type { MessageResponse } from '@/shared/websocket';
import { stripAnsi } from './ansi';
import { changesOf } from './changes';
import { imagesOf, imageName } from './images';
import { planOf } from './plan';
import { decisionText, toolCall } from './tool';
import { type InputPart, toolInput } from './tool-input';
import { turnOf } from './turns';
import { turnText } from './turn-text';

interface Names {
  /** What the session is called; its heading. */
  session: string;
  agent: string;
  /** The shell agent's output is no Markdown. */
  plain: boolean;
}

/** A whole transcript as Markdown: a heading for each change of who speaks. */
export function sessionMarkdown(messages: readonly MessageResponse[], names: Names): string {
  const parts = [`# ${oneLine(names.session)}`];
  let speaker = '';
  let prompt: MessageResponse | undefined;
  const close = () => {
    const turn = prompt && turnOf(prompt);
    if (turn) parts.push(`*${turnText(turn)}*`);
  };
  for (const message of messages) {
    const by = message.kind === 'user' ? 'You' : names.agent;
    if (message.kind === 'user') close();
    if (by !== speaker || message.kind === 'user') parts.push(`## ${by}`);
    if (message.kind === 'user') prompt = message;
    speaker = by;
    parts.push(messageMarkdown(message, names.plain));
  }
  close();
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** One record as Markdown, without a heading. */
export function messageMarkdown(message: MessageResponse, plain: boolean): string {
  const { kind, text, metadata } = message;
  switch (kind) {
    case 'user': {
      const images = imagesOf(metadata?.images);
      const names = images.map((one, i) => `[${imageName(one, i + 1, images.length)}]`);
      return [plain ? fenced(text, 'sh') : text, ...names]
        .filter((part) => part !== '')
        .join('\n\n');
    }
    case 'text':
      return plain ? fenced(stripAnsi(text), '') : text.trim();
    case 'thinking':
      return quoted(text.trim());
    case 'plan': {
      const steps = planOf(metadata);
      if (steps.length === 0) return text;
      return steps
        .map(
          ({ text: step, status }) => `- [${status === 'completed' ? 'x' : ' '}] ${oneLine(step)}`,
        )
        .join('\n');
    }
    case 'tool':
      return toolMarkdown(message);
    case 'notice':
      return quoted(`Note: ${text}`);
    case 'error':
      return quoted(`**Error:** ${text}`);
    default:
      return text;
  }
}

const outcomes = { running: 'running', done: '', failed: 'failed', left: 'without a result' };

function toolMarkdown(message: MessageResponse): string {
  const { name, title, output, state } = toolCall(message);
  const { metadata } = message;
  const facts = [outcomes[state], decisionText(metadata)?.text ?? ''].filter((fact) => fact !== '');
  const head = `**${name}**${title ? `: ${coded(oneLine(title))}` : ''}`;
  const parts = [facts.length > 0 ? `${head} (${facts.join(', ').toLowerCase()})` : head];
  const changes = changesOf(metadata?.diffs);
  const input = toolInput(metadata?.input, changes.length > 0);
  parts.push(...input.flatMap((part) => inputMarkdown(part, title)));
  for (const change of changes) {
    if ('patch' in change) parts.push(fenced(change.patch, 'diff'));
    else parts.push(fenced(plainDiff(change.path, change.old, change.now), 'diff'));
  }
  if (output.trim() !== '') parts.push(fenced(stripAnsi(output), ''));
  return parts.join('\n\n');
}

/** What the heading says already is not said again. */
function inputMarkdown({ label, text, form }: InputPart, title: string): string[] {
  if (text === title && !text.includes('\n')) return [];
  if (form === 'inline') return [`${label}: ${coded(oneLine(text))}`];
  return [fenced(text, form === 'command' ? 'sh' : form === 'json' ? 'json' : '')];
}

function plainDiff(path: string, old: string | null, now: string | null): string {
  const side = (text: string | null, mark: string) =>
    text === null || text === ''
      ? []
      : text
          .replace(/\n$/, '')
          .split('\n')
          .map((line) => mark + line);
  const head = [
    `--- ${old === null ? '/dev/null' : path}`,
    `+++ ${now === null ? '/dev/null' : path}`,
  ];
  return [...head, ...side(old, '-'), ...side(now, '+')].join('\n');
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

const longest = (text: string) =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));

/** A fence longer than any run of backticks inside. */
export function fenced(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longest(text) + 1));
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

function coded(text: string): string {
  const ticks = '`'.repeat(longest(text) + 1);
  const pad = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${text}${pad}${ticks}`;
}

function quoted(text: string): string {
  return text === '' ? '' : text.replace(/^/gm, '> ');
}

import type { MessageResponse } from '@/shared/websocket';

export interface ToolCall {
  name: string;
  /** One line: what it was asked to do. */
  title: string;
  input: string;
  output: string;
  state: 'running' | 'done' | 'failed';
}

/** A tool's message as it is shown, whatever part of it an agent gives. */
export function toolCall({ text, metadata, streaming }: MessageResponse): ToolCall {
  const facts = metadata ?? {};
  const name = words(facts.name) || words(facts.tool) || words(facts.tool_name) || 'Tool';
  const input = words(facts.input);
  const output = words(facts.output) || words(facts.result);
  const failed = facts.failed === true || facts.is_error === true;
  const answered = 'output' in facts || 'result' in facts || 'failed' in facts || !streaming;
  const title = words(facts.title) || (output ? firstLine(text) : '') || firstLine(input);
  return {
    name,
    title: title === name ? '' : title,
    input,
    output: output || (text === title ? '' : text),
    state: failed ? 'failed' : answered ? 'done' : 'running',
  };
}

function words(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

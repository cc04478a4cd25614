import type { MessageResponse } from '@/shared/websocket';

export interface ToolCall {
  name: string;
  /** One line: what it was asked to do. */
  title: string;
  input: string;
  output: string;
  state: 'running' | 'done' | 'failed';
}

/** A tool's message: the text is "Name: title", the rest is in its metadata. */
export function toolCall({ text, metadata }: MessageResponse): ToolCall {
  const { tool, status, input, output } = metadata ?? {};
  const name = words(tool) || 'Tool';
  const state = status === 'running' || status === 'failed' ? status : 'done';
  const title = text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text;
  return {
    name,
    title: title === name ? '' : title,
    input: words(input),
    output: words(output),
    state,
  };
}

function words(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

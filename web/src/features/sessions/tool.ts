import { isRecord, recordsOf, textOf } from '@/lib/unknown';
import type { MessageResponse, PermissionDecision } from '@/shared/websocket';

export interface ToolCall {
  name: string;
  /** One line: what it was asked to do. */
  title: string;
  output: string;
  /** left: its turn ended, and nothing came. */
  state: 'running' | 'done' | 'failed' | 'left';
}

/** A tool's message: the text is "Name: title", the rest is in its metadata. */
export function toolCall({ text, metadata }: MessageResponse): ToolCall {
  const { tool, status, output } = metadata ?? {};
  const name = words(tool) || 'Tool';
  const known = status === 'running' || status === 'failed' ? status : 'done';
  const state = status === 'unfinished' ? 'left' : known;
  const title = text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text;
  return {
    name,
    title: title === name ? '' : title,
    output: words(output),
    state,
  };
}

function words(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

const decisions: Record<PermissionDecision, string> = {
  allow: 'Allowed',
  allow_always: 'Allowed from now on',
  deny: 'Denied',
  deny_interrupt: 'Denied and stopped',
};

const answers: Record<PermissionDecision, string> = {
  allow: 'Answered',
  allow_always: 'Answered',
  deny: 'Dismissed',
  deny_interrupt: 'Dismissed and stopped',
};

const isQuestion = (metadata: MessageResponse['metadata']) =>
  isRecord(metadata?.input) && recordsOf(metadata.input.questions).length > 0;

/** How a person answered when the agent asked for leave; null: nobody was asked. */
export function decisionText(
  metadata: MessageResponse['metadata'],
): { text: string; why: string } | null {
  const asked = isQuestion(metadata) ? answers : decisions;
  const text = Object.entries(asked).find(([word]) => word === metadata?.decision)?.[1];
  return text ? { text, why: textOf(metadata?.decision_message) } : null;
}

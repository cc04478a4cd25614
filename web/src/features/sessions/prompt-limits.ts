import { type AgentResponse, Limits } from '@/shared/websocket/generated';
import { sizeText } from './images';

/** From this part of a limit on, what is left is shown. */
const NEAR = 0.8;

export function promptLimit(agent: AgentResponse | undefined): number {
  return agent?.dialect === 'shell' ? Limits.SHELL_PROMPT_BYTES : Limits.PROMPT_BYTES;
}

/** How much of a prompt's limit is left where it is near, and why it is refused where it is passed. */
export function promptLength(text: string, limit: number): { left: string; refusal: string } {
  const bytes = text.length * 3 < limit * NEAR ? 0 : new TextEncoder().encode(text).length;
  if (bytes > limit) {
    const much = `The message is ${sizeText(bytes - limit)} too long: at most ${sizeText(limit)}.`;
    return {
      left: '',
      refusal: `${much} Shorten it, or put the text into a file and name the file.`,
    };
  }
  return { left: bytes > limit * NEAR ? `${sizeText(limit - bytes)} left` : '', refusal: '' };
}

/** "3 queued", and near the limit "96 of 100 queued". */
export function queueCount(count: number): string {
  const near = count > Limits.QUEUE_LENGTH * NEAR;
  return near ? `${count} of ${Limits.QUEUE_LENGTH} queued` : `${count} queued`;
}

/** Why one more prompt would not be taken while a turn runs; null: it would. */
export function queueRefusal(working: boolean, count: number): string | null {
  if (!working || count < Limits.QUEUE_LENGTH) return null;
  return `${count} prompts wait, and more do not fit. Remove one, or wait for a turn to end.`;
}

import { recordsOf, textOf } from '@/lib/unknown';
import type { MessageResponse } from '@/shared/websocket';

export interface PlanStep {
  text: string;
  status: 'pending' | 'in_progress' | 'completed';
}

/** The steps of a plan's record; none: it has another form, and its text is all there is. */
export function planOf(metadata: MessageResponse['metadata']): PlanStep[] {
  return recordsOf(metadata?.plan).flatMap(({ text, status }) => {
    if (textOf(text).trim() === '') return [];
    const known = status === 'in_progress' || status === 'completed' ? status : 'pending';
    return [{ text: textOf(text), status: known }];
  });
}

export function stepsDone(steps: readonly PlanStep[]): number {
  return steps.filter(({ status }) => status === 'completed').length;
}

import { Circle, CircleCheck, CircleDot, ListTodo } from 'lucide-react';
import { cn } from '@/lib/cn';
import { type PlanStep, stepsDone } from '../plan';
import { Fold } from './fold';

const icons = { pending: Circle, in_progress: CircleDot, completed: CircleCheck };
const words = { pending: 'to do', in_progress: 'in progress', completed: 'done' };
const looks = {
  pending: 'text-ink-2',
  in_progress: 'font-medium text-ink',
  completed: 'text-ink-3',
};
const tones = { pending: 'text-ink-3', in_progress: 'text-working', completed: 'text-ok' };

/** A turn's plan: open while something is left of it, one line when all is done. */
export function PlanMessage({ steps }: { steps: readonly PlanStep[] }) {
  const done = stepsDone(steps);
  const complete = done === steps.length;
  return (
    <Fold
      key={String(complete)}
      defaultOpen={!complete}
      flush
      icon={<ListTodo aria-hidden className="size-3.5 shrink-0 text-ink-3" />}
      summary={
        <>
          <span className="shrink-0 font-medium text-ink">Plan</span>
          <span className="text-xs text-ink-3">
            {complete ? `all ${steps.length} done` : `${done} of ${steps.length} done`}
          </span>
        </>
      }
    >
      <ol aria-label="Plan" className="space-y-0.5 py-0.5">
        {steps.map((step, index) => (
          <Step key={index} step={step} />
        ))}
      </ol>
    </Fold>
  );
}

function Step({ step: { text, status } }: { step: PlanStep }) {
  const Icon = icons[status];
  return (
    <li
      data-status={status}
      aria-current={status === 'in_progress' ? 'step' : undefined}
      className={cn(
        'flex items-start gap-2 rounded-md px-2 py-0.5 text-ui',
        status === 'in_progress' && 'bg-working-soft',
        looks[status],
      )}
    >
      <Icon aria-hidden className={cn('mt-[3px] size-3.5 shrink-0', tones[status])} />
      <span className="min-w-0 wrap-anywhere">
        {text}
        <span className="sr-only">, {words[status]}</span>
      </span>
    </li>
  );
}

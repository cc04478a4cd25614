import { useRef } from 'react';
import type { PermissionRequest } from '@/shared/websocket';
import { planText, questionsOf } from '../permissions';
import { PermissionCard } from './permission-card';
import { QuestionCard } from './question-card';

interface Props {
  permissions: readonly PermissionRequest[];
  /** The agent's name for a person. */
  agent: string;
}

/** Everything that the agent waits for, each with its answer. It is said; the focus stays where it is. */
export function PermissionList({ permissions, agent }: Props) {
  const place = useRef<HTMLDivElement>(null);
  // The card of one who answers by keyboard goes away: the next Tab is to go on from here.
  const keepPlace = () => {
    if (place.current?.contains(document.activeElement)) {
      place.current.focus({ preventScroll: true });
    }
  };
  const asked = permissions.map((permission) => headline(permission, agent));
  return (
    <div ref={place} tabIndex={-1} className="outline-none">
      <p role="status" className="sr-only">
        {asked.join('. ')}
      </p>
      {permissions.length > 0 && (
        <section
          aria-label="What the agent waits for"
          className="mb-2 max-h-[50dvh] space-y-2 overflow-y-auto"
        >
          {permissions.map((permission) => {
            const Card = questionsOf(permission).length > 0 ? QuestionCard : PermissionCard;
            return (
              <Card
                key={permission.id}
                permission={permission}
                headline={headline(permission, agent)}
                onAnswer={keepPlace}
              />
            );
          })}
        </section>
      )}
    </div>
  );
}

function headline(permission: PermissionRequest, agent: string): string {
  const questions = questionsOf(permission);
  if (questions.length > 1) return `${agent} asks ${questions.length} questions`;
  if (permission.kind === 'question') return `${agent} asks a question`;
  if (planText(permission) !== null) return `${agent} has a plan`;
  return `${agent} wants to use ${permission.tool}`;
}

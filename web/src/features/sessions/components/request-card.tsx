import type { PermissionRequest } from '@/shared/websocket';
import { headlineOf, questionsOf } from '../permissions';
import { PermissionCard } from './permission-card';
import { QuestionCard } from './question-card';

interface Props {
  permission: PermissionRequest;
  /** The agent's name for a person. */
  agent: string;
  onAnswer: () => void;
}

/** One thing that an agent waits for, with its answers. */
export function RequestCard({ permission, agent, onAnswer }: Props) {
  const Card = questionsOf(permission).length > 0 ? QuestionCard : PermissionCard;
  return (
    <Card permission={permission} headline={headlineOf(permission, agent)} onAnswer={onAnswer} />
  );
}

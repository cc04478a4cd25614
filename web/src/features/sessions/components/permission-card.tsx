import { Braces, LoaderCircle, ShieldQuestionMark } from 'lucide-react';
import { type KeyboardEvent, useId, useState } from 'react';
import { Button } from '@/components/ui/button';
import type { PermissionDecision, PermissionRequest } from '@/shared/websocket';
import { answerWords, inputParts, ruleTexts } from '../permissions';
import { isSecondClick, useAnswer } from '../use-answer';
import { Fold } from './fold';
import { PermissionBody } from './permission-body';
import { PermissionFrame } from './permission-frame';

interface Props {
  permission: PermissionRequest;
  headline: string;
  onAnswer: () => void;
}

/** Leave to use a tool: what would be done, and the four answers. */
export function PermissionCard({ permission, headline, onAnswer }: Props) {
  const { answer, busy, sent, problem } = useAnswer(permission, onAnswer);
  const [message, setMessage] = useState('');
  const rulesId = useId();
  const words = answerWords(permission);
  const rules = ruleTexts(permission.suggestions);
  // A question whose text did not come cannot be answered, only denied.
  const allowable = permission.kind === 'permission';
  const decide = (decision: PermissionDecision) => {
    const why = decision.startsWith('deny') ? message.trim() : '';
    answer(why === '' ? { decision } : { decision, message: why });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (!busy) decide('deny');
  };
  const button = (decision: PermissionDecision, label: string, look: 'primary' | 'secondary') => (
    <Button
      size="sm"
      look={look}
      disabled={busy}
      aria-describedby={decision === 'allow_always' ? rulesId : undefined}
      onClick={(event) => !isSecondClick(event) && decide(decision)}
    >
      {sent === decision && <LoaderCircle aria-hidden className="size-3.5 animate-spin" />}
      {label}
    </Button>
  );
  return (
    <PermissionFrame
      icon={ShieldQuestionMark}
      headline={headline}
      requestId={permission.id}
      busy={busy}
      problem={problem}
      answers={
        <>
          {allowable && button('allow', words.allow, 'primary')}
          {allowable && rules && button('allow_always', words.always, 'secondary')}
          {button('deny', words.deny, 'secondary')}
          {button('deny_interrupt', words.stop, 'secondary')}
          <input
            aria-label="What the agent is told with a denial"
            placeholder={words.message}
            value={message}
            disabled={busy}
            onChange={(event) => setMessage(event.target.value)}
            onKeyDown={onKeyDown}
            className="h-7 min-w-48 grow basis-full rounded-md border border-line-strong bg-canvas px-2 text-base placeholder:text-ink-3 sm:basis-48 sm:text-ui"
          />
        </>
      }
    >
      <PermissionBody permission={permission} />
      <Input permission={permission} />
      {allowable && rules && (
        <p id={rulesId} className="mt-2 text-xs wrap-anywhere text-ink-3">
          {words.always} adds: {rules.join('; ')}.
        </p>
      )}
    </PermissionFrame>
  );
}

function Input({ permission }: { permission: PermissionRequest }) {
  const parts = inputParts(permission.input);
  if (permission.input === null) {
    return (
      <p className="mt-2 text-xs text-ink-3">There is no input, or it is too large to show.</p>
    );
  }
  if (parts.length === 0) return null;
  return (
    <div className="mt-1 px-2">
      <Fold
        icon={<Braces aria-hidden className="size-3.5 shrink-0 text-ink-3" />}
        summary={
          <span className="text-xs text-ink-3">Everything that {permission.tool} is given</span>
        }
      >
        <dl className="max-h-60 space-y-1.5 overflow-y-auto text-xs">
          {parts.map(([name, text]) => (
            <div key={name}>
              <dt className="text-ink-3">{name}</dt>
              <dd className="font-mono wrap-anywhere whitespace-pre-wrap text-ink-2">{text}</dd>
            </div>
          ))}
        </dl>
      </Fold>
    </div>
  );
}

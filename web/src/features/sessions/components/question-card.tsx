import { LoaderCircle, MessageCircleQuestionMark } from 'lucide-react';
import { useId, useState } from 'react';
import { Button } from '@/components/ui/button';
import type { PermissionRequest } from '@/shared/websocket';
import {
  answerOf,
  type Choice,
  noChoice,
  pick,
  pickOther,
  type Question,
  questionsOf,
} from '../permissions';
import { isSecondClick, useAnswer } from '../use-answer';
import { PermissionFrame } from './permission-frame';

interface Props {
  permission: PermissionRequest;
  headline: string;
  onAnswer: () => void;
}

/** The agent's questions: each needs an answer before they are sent together. */
export function QuestionCard({ permission, headline, onAnswer }: Props) {
  const { answer, busy, sent, problem } = useAnswer(permission, onAnswer);
  const [choices, setChoices] = useState<Record<string, Choice>>({});
  const questions = questionsOf(permission);
  const answers = Object.fromEntries(
    questions.map((one) => [one.question, answerOf(one, choices[one.question] ?? noChoice)]),
  );
  const complete = Object.values(answers).every((text) => text !== '');
  return (
    <PermissionFrame
      icon={MessageCircleQuestionMark}
      headline={headline}
      requestId={permission.id}
      busy={busy}
      problem={problem}
      answers={
        <>
          <Button
            size="sm"
            look="primary"
            disabled={busy || !complete}
            onClick={(event) => !isSecondClick(event) && answer({ decision: 'allow', answers })}
          >
            {sent === 'allow' && <LoaderCircle aria-hidden className="size-3.5 animate-spin" />}
            {questions.length > 1 ? 'Send answers' : 'Send answer'}
          </Button>
          <Button
            size="sm"
            disabled={busy}
            onClick={(event) => !isSecondClick(event) && answer({ decision: 'deny' })}
          >
            {sent === 'deny' && <LoaderCircle aria-hidden className="size-3.5 animate-spin" />}
            Dismiss
          </Button>
        </>
      }
    >
      {questions.map((one) => (
        <QuestionField
          key={one.question}
          question={one}
          choice={choices[one.question] ?? noChoice}
          disabled={busy}
          onChange={(choice) => setChoices({ ...choices, [one.question]: choice })}
        />
      ))}
    </PermissionFrame>
  );
}

interface FieldProps {
  question: Question;
  choice: Choice;
  disabled: boolean;
  onChange: (choice: Choice) => void;
}

function QuestionField({ question, choice, disabled, onChange }: FieldProps) {
  const name = useId();
  const type = question.multiSelect ? 'checkbox' : 'radio';
  const { other } = choice;
  const otherBox = { type, name, disabled, checked: other !== null };
  const setOther = (text: string | null) => onChange(pickOther(question, choice, text));
  return (
    <fieldset className="mt-2.5 min-w-0">
      <legend className="text-sm wrap-anywhere">
        {question.header && (
          <span className="mr-2 rounded bg-waiting-soft px-1.5 py-0.5 text-xs text-waiting">
            {question.header}
          </span>
        )}
        {question.question}
      </legend>
      <div className="mt-1 space-y-0.5">
        {question.options.map(({ label, description }) => (
          <label key={label} className={optionLook}>
            <input
              {...{ type, name, disabled }}
              checked={choice.labels.includes(label)}
              onChange={() => onChange(pick(question, choice, label))}
              className="mt-0.5 shrink-0 accent-accent"
            />
            <span className="min-w-0 text-ui wrap-anywhere">
              {label}
              {description && <span className="block text-xs text-ink-3">{description}</span>}
            </span>
          </label>
        ))}
        <div className={optionLook}>
          <input
            {...otherBox}
            aria-label="Other"
            onChange={() => setOther(other === null || type === 'radio' ? (other ?? '') : null)}
            className="mt-1.5 shrink-0 accent-accent"
          />
          <input
            aria-label={`Other answer: ${question.question}`}
            placeholder="Other…"
            value={other ?? ''}
            disabled={disabled}
            onChange={(event) => setOther(event.target.value)}
            className="h-7 min-w-0 grow rounded-md border border-line-strong bg-canvas px-2 text-base placeholder:text-ink-3 sm:text-ui"
          />
        </div>
      </div>
    </fieldset>
  );
}

const optionLook = 'flex items-start gap-2 rounded-md px-1.5 py-1 hover:bg-hover';

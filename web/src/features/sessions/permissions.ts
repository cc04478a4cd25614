import { isRecord, textOf } from '@/lib/unknown';
import type { PermissionRequest } from '@/shared/websocket';
import { visible } from './visible';

/** What a person decides on: the whole command, where there is one; never only its first line. */
export function commandOf({ tool, title, input }: PermissionRequest): string {
  const command = input?.command;
  if (typeof command === 'string' && command.trim() !== '') return visible(command);
  return visible(title.startsWith(`${tool}: `) ? title.slice(tool.length + 2) : title);
}

/** The input, field by field, but for changes of files: text as text, anything else as JSON. */
export function inputParts(input: PermissionRequest['input']): [name: string, text: string][] {
  // `diffs` is what the card shows line by line.
  const given = Object.entries(input ?? {}).filter(([name]) => name !== 'diffs');
  return given.map(([name, value]) => [
    name,
    visible(typeof value === 'string' ? value : JSON.stringify(value, null, 2)),
  ]);
}

const places: Record<string, string> = {
  session: 'in this session',
  localSettings: 'in this project, on this machine',
  projectSettings: 'in this project, for everybody',
  userSettings: 'in every project',
};

/** What "allow always" would add, one sentence each; null where the agent offers nothing. */
export function ruleTexts(suggestions: unknown): string[] | null {
  if (suggestions === null || suggestions === undefined) return null;
  const list = Array.isArray(suggestions) ? suggestions : [suggestions];
  return list.length === 0 ? null : list.map(ruleText);
}

function ruleText(suggestion: unknown): string {
  if (!isRecord(suggestion)) return visible(JSON.stringify(suggestion));
  const what = effect(suggestion) ?? JSON.stringify(suggestion);
  const place = places[String(suggestion.destination)];
  return visible(place ? `${what} (${place})` : what);
}

function effect({ type, rules, directories, mode, behavior, name }: Record<string, unknown>) {
  if ((type === 'addRules' || type === 'replaceRules') && Array.isArray(rules)) {
    const names = rules.filter(isRecord).map(({ toolName, ruleContent }) => {
      return typeof ruleContent === 'string' ? `${toolName}(${ruleContent})` : String(toolName);
    });
    const verb = typeof behavior === 'string' ? behavior : 'allow';
    return `${type === 'addRules' ? verb : `only ${verb}`} ${names.join(', ')}`;
  }
  if (type === 'addDirectories' && Array.isArray(directories))
    return `work in ${directories.join(', ')}`;
  if (type === 'setMode' && typeof mode === 'string') return `switch to the mode ${mode}`;
  // The agent's own words for it.
  return type === undefined ? textOf(name) || null : null;
}

export interface Question {
  question: string;
  header: string;
  multiSelect: boolean;
  options: { label: string; description: string }[];
}

/** What is asked, in the form of the protocol; what has another form is left out. */
export function questionsOf({ questions }: PermissionRequest): Question[] {
  if (!Array.isArray(questions)) return [];
  return questions.filter(isRecord).flatMap(({ question, header, multiSelect, options }) => {
    if (typeof question !== 'string' || question === '') return [];
    const choices = Array.isArray(options) ? options.filter(isRecord) : [];
    return [
      {
        question,
        header: textOf(header),
        multiSelect: multiSelect === true,
        options: choices.flatMap(({ label, description }) =>
          typeof label === 'string' ? [{ label, description: textOf(description) }] : [],
        ),
      },
    ];
  });
}

/** What was chosen for one question; `other` is free text, null while it is not chosen. */
export interface Choice {
  labels: readonly string[];
  other: string | null;
}

export const noChoice: Choice = { labels: [], other: null };

export function pick({ multiSelect }: Question, choice: Choice, label: string): Choice {
  if (!multiSelect) return { labels: [label], other: null };
  const labels = choice.labels.includes(label)
    ? choice.labels.filter((one) => one !== label)
    : [...choice.labels, label];
  return { ...choice, labels };
}

export function pickOther({ multiSelect }: Question, choice: Choice, other: string | null): Choice {
  return { labels: multiSelect ? choice.labels : [], other };
}

/** The answer as the agent reads it: labels in the order of the options; '' while there is none. */
export function answerOf({ options }: Question, { labels, other }: Choice): string {
  const chosen = options.map(({ label }) => label).filter((label) => labels.includes(label));
  return [...chosen, other?.trim() ?? ''].filter((part) => part !== '').join(', ');
}

/** The plan that an agent wants leave to carry out; null: it asks for something else. */
export function planText({ tool, input }: PermissionRequest): string | null {
  if (typeof input?.plan === 'string') return visible(input.plan);
  return tool === 'ExitPlanMode' ? '' : null;
}

/** What an agent asks for, in a line. */
export function headlineOf(permission: PermissionRequest, agent: string): string {
  const questions = questionsOf(permission);
  if (questions.length > 1) return `${agent} asks ${questions.length} questions`;
  if (permission.kind === 'question') return `${agent} asks a question`;
  if (planText(permission) !== null) return `${agent} has a plan`;
  return `${agent} wants to use ${permission.tool}`;
}

/** What the answers are called. */
export interface AnswerWords {
  allow: string;
  always: string;
  deny: string;
  stop: string;
  message: string;
}

export function answerWords(permission: PermissionRequest): AnswerWords {
  return planText(permission) === null ? leaveWords : planWords;
}

const leaveWords: AnswerWords = {
  allow: 'Allow',
  always: 'Allow always',
  deny: 'Deny',
  stop: 'Deny and stop',
  message: 'Why not, or what instead (optional)',
};

const planWords: AnswerWords = {
  allow: 'Approve plan',
  always: 'Approve always',
  deny: 'Keep planning',
  stop: 'Reject and stop',
  message: 'What the plan should have instead (optional)',
};

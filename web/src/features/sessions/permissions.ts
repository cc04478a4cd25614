import type { PermissionRequest } from '@/shared/websocket';

/** What a person decides on: the whole command, where there is one; never only its first line. */
export function commandOf({ tool, title, input }: PermissionRequest): string {
  const command = input?.command;
  if (typeof command === 'string' && command.trim() !== '') return visible(command);
  return visible(title.startsWith(`${tool}: `) ? title.slice(tool.length + 2) : title);
}

/** The input, field by field: text as text, anything else as JSON. */
export function inputParts(input: PermissionRequest['input']): [name: string, text: string][] {
  return Object.entries(input ?? {}).map(([name, value]) => [
    name,
    visible(typeof value === 'string' ? value : JSON.stringify(value, null, 2)),
  ]);
}

/** Characters that would hide or reorder what is read before it is allowed are written out. */
export function visible(text: string): string {
  return text.replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
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

function effect({ type, rules, directories, mode, behavior }: Record<string, unknown>) {
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
  return null;
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
        header: text(header),
        multiSelect: multiSelect === true,
        options: choices.flatMap(({ label, description }) =>
          typeof label === 'string' ? [{ label, description: text(description) }] : [],
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

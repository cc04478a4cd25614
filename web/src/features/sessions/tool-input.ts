import { isRecord, type Unknowns } from '@/lib/unknown';

/** One part of what a tool was asked, in the form in which it is read best. */
export interface InputPart {
  label: string;
  text: string;
  /** command: of a shell; text: several lines; inline: a word or a line; json: as it came. */
  form: 'command' | 'text' | 'inline' | 'json';
}

const labels: Record<string, string> = {
  command: 'Command',
  cmd: 'Command',
  file_path: 'File',
  filePath: 'File',
  notebook_path: 'Notebook',
  pattern: 'Pattern',
  path: 'Path',
  query: 'Query',
  url: 'Address',
  glob: 'Files',
  cwd: 'Directory',
  workdir: 'Directory',
  description: 'What for',
  prompt: 'Prompt',
  content: 'Content',
  old_string: 'Old text',
  new_string: 'New text',
  subagent_type: 'Agent',
};
const order = Object.keys(labels);
const commands = ['command', 'cmd'];
const place = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length);

/** What becomes of a file is shown as lines of a change where the agent tells it. */
const changed = ['old_string', 'new_string', 'content', 'edits', 'new_source'];

/** What a call was given, the telling members first; what has no better form is shown as JSON. */
export function toolInput(input: unknown, withChanges = false): InputPart[] {
  const left = ['diffs', ...(withChanges ? changed : [])];
  if (typeof input === 'string')
    return input === '' ? [] : [{ label: 'Input', text: input, form: 'text' }];
  if (!isRecord(input)) return isNothing(input) ? [] : [json('Input', input)];
  const keys = Object.keys(input).filter((key) => !isNothing(input[key]) && !left.includes(key));
  return keys.sort((a, b) => place(a) - place(b)).map((key) => partOf(key, input[key], input));
}

const isNothing = (value: unknown) => value === null || value === undefined || value === '';

function partOf(key: string, value: unknown, input: Unknowns): InputPart {
  const label = labels[key] ?? words(key);
  if (commands.includes(key)) {
    const text = shellText(value);
    if (text !== null) return { label, text, form: 'command' };
  }
  if (typeof value === 'string') {
    const long = value.includes('\n') || value.length > 200;
    return { label, text: value, form: long ? 'text' : 'inline' };
  }
  if (typeof value === 'number' || typeof value === 'boolean')
    return { label, text: String(value), form: 'inline' };
  return json(label, input[key]);
}

/** Codex tells a command as the words of an argv; `bash -lc` before it is not what one reads. */
function shellText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return null;
  const [shell = '', flag = '', script] = value;
  if (value.length === 3 && /(^|\/)(ba|z|da)?sh$/.test(shell) && /^-l?c$/.test(flag))
    return script ?? '';
  return value.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quote(word))).join(' ');
}

const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

const json = (label: string, value: unknown): InputPart => ({
  label,
  text: JSON.stringify(value, null, 2),
  form: 'json',
});

/** "replace_all", "maxResults": "Replace all", "Max results" */
function words(key: string): string {
  const text = key
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The command of a call, to be copied; null: it ran none. */
export function commandIn(input: unknown): string | null {
  return toolInput(input).find(({ form }) => form === 'command')?.text ?? null;
}

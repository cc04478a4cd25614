import { recordsOf, textOf } from '@/lib/unknown';
import type { SessionResponse } from '@/shared/websocket';

export interface OptionChoice {
  id: string;
  name: string;
  description: string;
}

/** One thing that a session can be switched to, as a menu shows it. */
export interface OptionMenu {
  /** The member of the session's options. */
  key: string;
  label: string;
  choices: OptionChoice[];
  /** What the agent says is in use; '' where it does not say. */
  current: string;
  /** What was chosen and is not in use: it counts from the agent's next start. */
  next: string;
}

const modeKeys: Record<string, string> = { claude: 'permission_mode', acp: 'mode' };

const choice = (id: string, name: string, description: string) => ({ id, name, description });

const codexMenus = [
  {
    ...{ key: 'approval', label: 'Approval' },
    choices: [
      choice('untrusted', 'Untrusted', 'Asks before every command that is not known to be safe'),
      choice('on-request', 'On request', 'Asks when the agent wants to leave the sandbox'),
      choice('never', 'Never', 'Asks nothing: what the sandbox forbids fails'),
    ],
  },
  {
    ...{ key: 'sandbox', label: 'Sandbox' },
    choices: [
      choice('read-only', 'Read only', 'Commands may read files, and change none'),
      choice('workspace-write', 'Workspace', 'Commands may change files of the project'),
      choice('danger-full-access', 'Full access', 'Commands may do whatever you may'),
    ],
  },
];

/** What a session of this dialect can be switched to, as far as its agent has told. */
export function optionMenus(
  { metadata, options }: Pick<SessionResponse, 'metadata' | 'options'>,
  dialect: string | undefined,
): OptionMenu[] {
  const menu = (key: string, label: string, choices: OptionChoice[], inUse: string): OptionMenu => {
    const chosen = textOf(options?.[key]);
    const current = inUse || chosen;
    return { key, label, choices, current, next: chosen === current ? '' : chosen };
  };
  const menus: OptionMenu[] = [];
  const modeKey = modeKeys[dialect ?? ''];
  if (modeKey) {
    menus.push(menu(modeKey, 'Mode', choicesOf(metadata?.modes), textOf(metadata?.mode)));
  }
  if (dialect === 'codex') {
    menus.push(...codexMenus.map(({ key, label, choices }) => menu(key, label, choices, '')));
  }
  menus.push(menu('model', 'Model', choicesOf(metadata?.models), textOf(metadata?.model)));
  return menus.filter(({ choices }) => choices.length > 0);
}

function choicesOf(value: unknown): OptionChoice[] {
  const seen = new Set<string>();
  return recordsOf(value).flatMap(({ id, name, description }) => {
    const key = textOf(id);
    if (key === '' || seen.has(key)) return [];
    seen.add(key);
    return [choice(key, textOf(name) || key, textOf(description))];
  });
}

/** The name of what is in use, or the id that no choice has; '' where nothing is known. */
export function currentName({ choices, current }: OptionMenu): string {
  return choices.find(({ id }) => id === current)?.name ?? current;
}

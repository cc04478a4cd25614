import { Link } from 'react-router';
import { Coded } from '@/components/ui/coded';
import type { AgentResponse } from '@/shared/websocket';
import { drafts } from '../drafts';

const ofShell = ['ls -la', 'git log --oneline -5', 'df -h .'];
const ofAgents = [
  'Explain how this project is built, and where to begin reading.',
  'Run the tests and tell me what fails.',
  'Find one thing worth improving, and show it as a diff.',
];

interface Props {
  draftKey: string;
  agents: readonly AgentResponse[];
  chosen: AgentResponse;
}

/** For the first session of a project: prompts to begin with, which a click writes into the composer. */
export function ExamplePrompts({ draftKey, agents, chosen }: Props) {
  const prompts = chosen.id === 'shell' ? ofShell : ofAgents;
  const write = (text: string) => {
    drafts.set(draftKey, text);
    document.querySelector<HTMLElement>('[data-shortcut="composer"]')?.focus();
  };
  return (
    <div className="mt-4 px-1">
      <h3 className="text-xs font-medium text-ink-3">To begin with</h3>
      <ul aria-label="Prompts to begin with" className="mt-1.5 flex flex-wrap gap-1.5">
        {prompts.map((text) => (
          <li key={text} className="max-w-full">
            <button
              type="button"
              onClick={() => write(text)}
              className={`max-w-full rounded-full border border-line-strong bg-raised px-3 py-1 text-left text-xs text-ink-2 hover:bg-hover hover:text-ink pointer-coarse:py-2.5 ${chosen.id === 'shell' ? 'font-mono' : ''}`}
            >
              {text}
            </button>
          </li>
        ))}
      </ul>
      <OnlyShell agents={agents} />
    </div>
  );
}

/** No agent but the shell is installed: how to get the first one, and where the others are. */
function OnlyShell({ agents }: { agents: readonly AgentResponse[] }) {
  const others = agents.filter((agent) => agent.id !== 'shell');
  const [first] = others;
  if (!first?.missing || others.some((agent) => agent.available)) return null;
  return (
    <p data-testid="only-shell" className="mt-4 text-xs wrap-anywhere text-ink-2">
      Only the shell is here so far. <Coded text={first.missing} />{' '}
      <Link to="/settings/agents" className="text-accent-text underline underline-offset-2">
        Other agents
      </Link>
    </p>
  );
}

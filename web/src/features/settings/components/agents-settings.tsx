import { RefreshCw } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { Coded } from '@/components/ui/coded';
import { cn } from '@/lib/cn';
import { messageOf } from '@/lib/errors';
import type { AgentResponse } from '@/shared/websocket';
import { useAbout } from '../queries';
import { Fetching, SettingsSection } from './section';

interface Props {
  agents: readonly AgentResponse[] | undefined;
  error: Error | null;
  reloading: boolean;
  onReload: () => void;
}

/** Which agents there are, and how to get the others. */
export function AgentsSettings({ agents, error, reloading, onReload }: Props) {
  const there = agents?.filter((agent) => agent.available) ?? [];
  const missing = agents?.filter((agent) => !agent.available) ?? [];
  const { data: about } = useAbout();
  const action = (
    <Button size="sm" onClick={onReload} disabled={reloading}>
      <RefreshCw aria-hidden className={cn('size-3.5', reloading && 'animate-spin')} />
      Look again
    </Button>
  );
  return (
    <SettingsSection
      title="Agents"
      intro="Programs of this machine that muster runs in your name. They are looked for in PATH."
      action={action}
    >
      {!agents && <Fetching error={error && messageOf(error)} onRetry={onReload} />}
      {there.length > 0 && <List label="Found" agents={there} />}
      {missing.length > 0 && <List label="Not installed" agents={missing} />}
      {agents && (
        <p className="mt-4 text-ui wrap-anywhere text-ink-2">
          Others, and other settings for these, go into{' '}
          <code className="font-mono text-xs">{about?.data_dir ?? 'DIR'}/agents.json</code>, which{' '}
          <code className="font-mono text-xs">muster agents</code> checks; docs/agents-file.md says
          how. It is read when muster starts.
        </p>
      )}
    </SettingsSection>
  );
}

function List({ label, agents }: { label: string; agents: readonly AgentResponse[] }) {
  return (
    <>
      <h3 className="mt-4 text-xs font-medium text-ink-3">{label}</h3>
      <ul aria-label={label} className="mt-1 divide-y divide-line border-y border-line">
        {agents.map((agent) => (
          <li key={agent.id} data-testid="agent" data-agent={agent.id} className="py-2 text-ui">
            <div className="flex items-baseline gap-2">
              <span className="font-medium">{agent.name}</span>
              {agent.version && (
                <span className="truncate text-xs text-ink-3">{agent.version}</span>
              )}
              <code className="ml-auto font-mono text-xs text-ink-3">{agent.id}</code>
            </div>
            <p className={cn('text-xs wrap-anywhere text-ink-2', agent.path && 'font-mono')}>
              {agent.path ?? <Coded text={agent.missing ?? ''} />}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

import { ChevronDown } from 'lucide-react';
import { Menu, MenuLabel, MenuRadioGroup, MenuRadioItem } from '@/components/ui/menu';
import type { AgentResponse } from '@/shared/websocket';
import { AgentIcon } from './agent-icon';

interface Props {
  agents: readonly AgentResponse[];
  chosen: AgentResponse | undefined;
  onChoose: (id: string) => void;
}

/** Who does the work. One that is not installed is shown with what is missing. */
export function AgentPicker({ agents, chosen, onChoose }: Props) {
  const there = agents.filter((agent) => agent.available);
  const missing = agents.filter((agent) => !agent.available);
  const listed = agents.length > 0;
  const name = chosen?.name ?? (listed ? 'No agent' : 'Agent');
  const trigger = (
    <button
      type="button"
      data-testid="agent-picker"
      aria-label={`Agent: ${chosen?.name ?? (listed ? 'none' : 'not known yet')}`}
      className="inline-flex h-8 min-w-0 pointer-coarse:h-11 items-center gap-1.5 rounded-lg px-2 text-ui text-ink-2 hover:bg-hover hover:text-ink"
    >
      {chosen && <AgentIcon agent={chosen.id} icon={chosen.icon} className="size-3.5" />}
      <span className="truncate">{name}</span>
      <ChevronDown aria-hidden className="size-3.5 shrink-0" />
    </button>
  );
  return (
    <Menu trigger={trigger} align="start" side="top">
      {!listed && <MenuLabel>The list of agents has not come yet.</MenuLabel>}
      <MenuRadioGroup aria-label="Agent" value={chosen?.id ?? ''} onValueChange={onChoose}>
        {there.map((agent) => (
          <MenuRadioItem key={agent.id} value={agent.id} icon={<Icon agent={agent} />}>
            {agent.name}
            {agent.version && <span className="ml-1.5 text-xs text-ink-3">{agent.version}</span>}
          </MenuRadioItem>
        ))}
        {missing.map((agent) => (
          <MenuRadioItem key={agent.id} value={agent.id} disabled icon={<Icon agent={agent} />}>
            <span className="block">{agent.name}</span>
            <span className="block max-w-72 text-xs wrap-anywhere text-ink-3">
              Not installed. {agent.missing}
            </span>
          </MenuRadioItem>
        ))}
      </MenuRadioGroup>
    </Menu>
  );
}

function Icon({ agent }: { agent: AgentResponse }) {
  return <AgentIcon agent={agent.id} icon={agent.icon} className="size-4 text-ink-2" />;
}

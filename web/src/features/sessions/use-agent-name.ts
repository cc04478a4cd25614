import { useQuery } from '@tanstack/react-query';
import { agentsQuery } from './queries';

const names: Record<string, string> = { shell: 'Shell', claude: 'Claude Code' };

/** The agent's name, if the list of agents has been fetched; it is not fetched for a name alone. */
export function useAgentName(id: string): string {
  const { data } = useQuery({ ...agentsQuery, enabled: false });
  return data?.find((agent) => agent.id === id)?.name ?? names[id] ?? id;
}

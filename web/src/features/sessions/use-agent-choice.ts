import { useState } from 'react';
import { messageOf } from '@/lib/errors';
import { storage } from '@/lib/storage';
import { useAgents } from './queries';

/** The agent for a new session: the last one chosen, else the first that is there (the shell last). */
export function useAgentChoice() {
  const { data: agents = [], error, isPending } = useAgents();
  const [wanted, setWanted] = useState(() => storage.get('agent'));
  const there = agents.filter((agent) => agent.available);
  const chosen =
    there.find((agent) => agent.id === wanted) ??
    there.find((agent) => agent.id !== 'shell') ??
    there[0];
  const choose = (id: string) => {
    storage.set('agent', id);
    setWanted(id);
  };
  const none = !isPending && !chosen ? 'No agent is installed on this machine.' : null;
  const problem = error ? `The list of agents did not load. ${messageOf(error)}` : none;
  return { agents, chosen, choose, problem };
}

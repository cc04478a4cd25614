import { Bot, Sparkles, SquareTerminal } from 'lucide-react';
import { cn } from '@/lib/cn';

const icons = { shell: SquareTerminal, claude: Sparkles };

export function AgentIcon({ agent, className }: { agent: string; className?: string }) {
  const Icon = agent === 'shell' || agent === 'claude' ? icons[agent] : Bot;
  return <Icon aria-hidden strokeWidth={1.75} className={cn('size-4 shrink-0', className)} />;
}

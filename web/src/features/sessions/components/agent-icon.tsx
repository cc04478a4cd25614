import { FileText, Sparkles, SquareTerminal } from 'lucide-react';
import { memo } from 'react';
import { cn } from '@/lib/cn';

const icons = { shell: SquareTerminal, terminal: SquareTerminal, text: FileText, claude: Sparkles };

interface Props {
  /** Its id, whose first letter stands where there is no picture. */
  agent: string;
  /** The name of an icon, where the list of agents is here. */
  icon?: string | null | undefined;
  className?: string;
}

export const AgentIcon = memo(function AgentIcon({ agent, icon, className }: Props) {
  const name = icon || agent;
  const look = cn('size-4 shrink-0', className);
  const Icon = Object.hasOwn(icons, name) ? icons[name as keyof typeof icons] : null;
  if (Icon) return <Icon aria-hidden strokeWidth={1.75} className={look} />;
  return (
    <svg aria-hidden viewBox="0 0 24 24" className={look}>
      <rect
        {...{ x: 2.5, y: 2.5, width: 19, height: 19, rx: 5 }}
        fill="none"
        stroke="currentColor"
        strokeWidth={1.75}
      />
      <text x={12} y={16.5} textAnchor="middle" fontSize={13} fontWeight={600} fill="currentColor">
        {(/[\p{L}\p{N}]/u.exec(agent)?.[0] ?? '?').toUpperCase()}
      </text>
    </svg>
  );
});

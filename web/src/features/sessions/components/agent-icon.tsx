import { memo } from 'react';
import { cn } from '@/lib/cn';

const glyphs = { shell: '>_', terminal: '>_', text: '≡', claude: '✻' };

interface Props {
  /** Its id, whose first letter stands where there is no other sign. */
  agent: string;
  /** The name of an icon, where the list of agents is here. */
  icon?: string | null | undefined;
  className?: string;
}

/**
 * A sign in a frame, as text: to the browser each SVG is a coordinate system and a clip of its own, and
 * whatever changes in a list of sessions, it goes through all of them.
 */
export const AgentIcon = memo(function AgentIcon({ agent, icon, className }: Props) {
  const name = icon || agent;
  const glyph = Object.hasOwn(glyphs, name) ? glyphs[name as keyof typeof glyphs] : letterOf(agent);
  return (
    <span aria-hidden data-glyph={glyph} className={cn('agent-icon size-4 shrink-0', className)} />
  );
});

function letterOf(agent: string): string {
  return (/[\p{L}\p{N}]/u.exec(agent)?.[0] ?? '?').toUpperCase();
}
